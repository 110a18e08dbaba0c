import { currentSession, endSession } from "../session/session.ts";
import type { paths } from "./openApi.d.ts";
import { ApiProblem, asProblem, problemOf } from "./problem.ts";

type Method = "get" | "post" | "put" | "patch" | "delete";
/** The paths that have the method. */
export type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, M extends Method> = M extends keyof paths[P] ? paths[P][M] : never;

type Content<Answer> = Answer extends { content: { "application/json": infer Body } } ? Body : undefined;
/** The body of an operation's success. */
export type AnswerOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer Responses }
    ? {
        [Status in keyof Responses]: Status extends 200 | 201 | 204 ? Content<Responses[Status]> : never;
      }[keyof Responses]
    : never;

type RequestParts<Op> = (Op extends { parameters: { path: infer Path extends object } }
  ? { path: Path }
  : { path?: never }) &
  (Op extends { parameters: { query?: infer Query } } ? { query?: Query } : { query?: never }) &
  (Op extends { requestBody: { content: { "application/json": infer Body } } } ? { body: Body } : { body?: never });
export type RequestOf<P extends keyof paths, M extends Method> = RequestParts<Operation<P, M>> & {
  signal?: AbortSignal | undefined;
  /** A write that may be repeated with the same key changes things once. */
  idempotencyKey?: string;
};

interface Untyped {
  path?: Record<string, unknown> | undefined;
  query?: Record<string, unknown> | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
  idempotencyKey?: string;
}

/** `/api/sources/{id}` with its values. Undefined query values are left out; lists are repeated. */
export function addressOf(pattern: string, { path = {}, query = {} }: Pick<Untyped, "path" | "query">): string {
  const filled = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null) search.append(name, String(one));
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

/** One request with the session's token. Throws ApiProblem; a 401 also ends the session, which leads to sign-in. */
export async function send(
  method: string,
  address: string,
  given: Omit<Untyped, "path" | "query"> & { accept?: string; lastEventId?: string } = {},
) {
  const { token } = currentSession();
  try {
    const answer = await fetch(address, {
      method: method.toUpperCase(),
      headers: {
        accept: given.accept ?? "application/json",
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(given.body === undefined ? {} : { "content-type": "application/json" }),
        ...(given.lastEventId === undefined ? {} : { "last-event-id": given.lastEventId }),
        ...(given.idempotencyKey === undefined ? {} : { "idempotency-key": given.idempotencyKey }),
      },
      credentials: "omit",
      referrerPolicy: "no-referrer",
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      ...(given.signal === undefined ? {} : { signal: given.signal }),
    });
    if (answer.ok) return answer;
    if (answer.status === 401 && token !== null) endSession(token);
    throw await problemOf(answer);
  } catch (error) {
    throw asProblem(error);
  }
}

/** The answer's body; its type is a promise of the generated types, checked against the platform by a test. */
async function call<Answer>(method: Method, pattern: string, given: Untyped = {}): Promise<Answer> {
  const answer = await send(method, addressOf(pattern, given), given);
  return (answer.status === 204 ? undefined : await answer.json()) as Answer;
}

type Given<P extends keyof paths, M extends Method> =
  Partial<RequestOf<P, M>> extends RequestOf<P, M> ? [given?: RequestOf<P, M>] : [given: RequestOf<P, M>];

/** The platform's API, typed by its own OpenAPI document: `api.get("/api/sources/{id}", { path: { id } })`. */
export const api = {
  get: <P extends PathsWith<"get">>(pattern: P, ...[given]: Given<P, "get">) =>
    call<AnswerOf<P, "get">>("get", pattern, given),
  post: <P extends PathsWith<"post">>(pattern: P, ...[given]: Given<P, "post">) =>
    call<AnswerOf<P, "post">>("post", pattern, given),
  put: <P extends PathsWith<"put">>(pattern: P, ...[given]: Given<P, "put">) =>
    call<AnswerOf<P, "put">>("put", pattern, given),
  delete: <P extends PathsWith<"delete">>(pattern: P, ...[given]: Given<P, "delete">) =>
    call<AnswerOf<P, "delete">>("delete", pattern, given),
  patch: <P extends PathsWith<"patch">>(pattern: P, ...[given]: Given<P, "patch">) =>
    call<AnswerOf<P, "patch">>("patch", pattern, given),
};

/** Whether trying again by itself could help. */
export function isPassing(error: unknown): boolean {
  return error instanceof ApiProblem && (error.status === 503 || error.status === 429 || error.code === "unreachable");
}

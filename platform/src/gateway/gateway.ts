import type { IncomingMessage, ServerOptions, ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import type { BufferRecord } from "../buffer/eventBuffer.ts";
import { maxDepth, maxRecordBytes, type JsonObject, type Rejection } from "../model/event.ts";
import type { KeyedHash } from "../model/keyedHash.ts";
import { Problem } from "../model/problem.ts";
import type { Source } from "../model/source.ts";
import type { AccessStore } from "../storage/access.ts";
import { acceptCall, typed, type AcceptOptions, type Judged } from "./accept.ts";
import { answerJson, answerPreflight, answerProblem, answerSuccess, WrongMethod } from "./answers.ts";
import { batchOf, withoutKey } from "./batch.ts";
import { bodyRoom, drained, readBody, SenderGone, type BodyRoom } from "./body.ts";
import { parseJson, type ParsedJson } from "./jsonText.ts";
import { admission, type Admission, type Backlog } from "./admission.ts";
import { maxEventBytes, retryAfterSeconds } from "./limits.ts";
import type { CompiledPlan } from "./plans/judging.ts";
import { recordEncoder } from "./records.ts";
import { patternOf, routeOf, type Route } from "./routes.ts";
import { rudderConfig, segmentSettings } from "./sourceSettings.ts";
import { bodyKey, headerKey, queryKey } from "./writeKeys.ts";

export { answerClientError } from "./answers.ts";

/** Imports go up to what the log takes, less the room for what acceptance adds. */
const maxImportedEventBytes = maxRecordBytes - 32_768;

/** `Taken`: what the way in says of records that are durable. An embedded log knows their positions; a managed one does not. */
export interface GatewayParts<Taken = unknown> {
  /** Of one source. Resolves only once every record is durable, as `EventSink` has it. */
  append: (records: readonly BufferRecord[], source: Source) => Promise<Taken>;
  access: AccessStore;
  hash: KeyedHash;
  /** UTC ms. */
  now: () => number;
  newMessageId: () => string;
  /** What a source has promised to send; null where it has no tracking plan. Asked for each request. */
  planOf?: (source: string) => CompiledPlan | null;
  /** Past `maxPendingRecords` senders are told to wait, and before that whoever has more than a share. */
  backlog: Backlog;
  maxPendingRecords?: number;
  /** Otherwise nothing is taken. */
  hasRoom?: () => boolean;
  /** Of bodies that are being received, all connections together. */
  maxBufferedBytes?: number;
  /**
   * Judged calls of one source that go into the log, with what it keeps of each. What is answered is called once they
   * are durable, and is what holds them until then: parsed, many weigh as much as all else here. Neither may throw.
   */
  onTaken?: (calls: readonly Judged[], records: readonly BufferRecord[]) => (taken: Taken) => void;
  /** A fault of ours, for the operator's log; the sender knows it by this id only. */
  onFault?: (error: unknown, requestId: string) => void;
}

export interface Gateway {
  /** Whether the request is for the gateway; everything else is the API's. */
  handles(request: IncomingMessage): boolean;
  /** The pattern of the address of such a request; null for any other. */
  patternOf(request: IncomingMessage): string | null;
  handle(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Calls from an import or a trusted script: up to 1 MiB each, guests allowed; or, as `live`, with the limits of the
   * tracking API. Durable when it resolves. Problem 404 `source_disabled`, those of
   * {@link admission}, and those of the buffer.
   */
  submit(source: Source, calls: readonly JsonObject[], as?: "import" | "live"): Promise<Submitted>;
  /** What would be refused of such calls, and why; none of them is taken. */
  judge(source: Source, calls: readonly JsonObject[], as: "import" | "live"): Submitted["rejected"];
}

export interface Submitted {
  accepted: number;
  rejected: ({ index: number } & Rejection)[];
}

/** For `http.createServer`: slow and endless senders are cut off by it. */
export const gatewayServerOptions: ServerOptions = {
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  // Longer than a load balancer's own, or it would send into a connection that is just being closed.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
};

/** The Segment HTTP tracking API: authenticate, judge, append, and answer only when everything is durable. */
export function createGateway<Taken>(parts: GatewayParts<Taken>): Gateway {
  const edge = edgeOf(parts);
  return {
    handles: (request) => routeOf(request.url ?? "") !== null,
    patternOf: (request) => {
      const route = routeOf(request.url ?? "");
      return route === null ? null : patternOf(route);
    },
    handle: (request, response) => {
      if (request.method === "OPTIONS") answerPreflight(request, response);
      else respond(edge, request, response).catch((error: unknown) => refuse(edge, request, response, error));
    },
    submit: (source, calls, as = "import") => submit(edge, source, calls, as === "live" ? edge.live : edge.imported),
    judge: (source, calls, as) => refusedOf(judged(edge, source, calls, as === "live" ? edge.live : edge.imported)),
  };
}

interface Edge {
  parts: Pick<GatewayParts, "access" | "now" | "planOf" | "onFault">;
  room: BodyRoom;
  live: AcceptOptions;
  imported: AcceptOptions;
  /** Judges and appends so many calls of the source, once there is room for them; answers what was refused. */
  append: (source: Source, calls: number, judge: () => Judged[]) => Promise<Submitted["rejected"]>;
  admission: Admission;
}

function edgeOf<Taken>(parts: GatewayParts<Taken>): Edge {
  const encode = recordEncoder(parts.hash);
  const { newMessageId } = parts;
  const live: AcceptOptions = { maxEventBytes, allowGuests: false, newMessageId, mayBeUnstorable: true };
  const gate = admission(parts);
  // No part of it waits with the calls at hand: parsed, they would be what every garbage collection copies.
  const append: Edge["append"] = (source, count, judge) => {
    if (count === 0) return Promise.resolve([]);
    const release = gate.reserve(source, count);
    let appended: Promise<Taken>;
    let refused: Submitted["rejected"];
    let told: ((taken: Taken) => void) | undefined;
    try {
      const calls = judge();
      const records = calls.map(encode);
      refused = refusedOf(calls);
      told = parts.onTaken?.(calls, records);
      appended = parts.append(records, source);
    } catch (error) {
      release();
      throw error;
    }
    return durable(appended, { refused, told, release });
  };
  return {
    parts,
    room: bodyRoom(parts.maxBufferedBytes),
    live,
    imported: { ...live, maxEventBytes: maxImportedEventBytes, allowGuests: true },
    append,
    admission: gate,
  };
}

async function durable<Taken>(
  appended: Promise<Taken>,
  {
    refused,
    told,
    release,
  }: {
    refused: Submitted["rejected"];
    told: ((taken: Taken) => void) | undefined;
    release: () => void;
  },
): Promise<Submitted["rejected"]> {
  try {
    const taken = await appended;
    told?.(taken);
    return refused;
  } finally {
    release();
  }
}

async function respond(edge: Edge, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = routeOf(request.url ?? "") ?? { kind: "unknown" };
  if (route.kind === "unknown") {
    throw new Problem(404, "route_not_found", "there is nothing at this address", {
      hint: "POST /v1/track, identify, page, screen, group, alias or batch",
    });
  }
  if (route.kind === "call" || route.kind === "batch") {
    mustBe("POST", request);
    await take(edge, route, request);
    answerSuccess(request, response);
    return;
  }
  mustBe("GET", request);
  const key = route.kind === "settings" ? route.writeKey : (headerKey(request) ?? queryKey(request.url ?? "") ?? "");
  const source = await sourceOf(edge.parts.access, key);
  answerJson(request, response, route.kind === "settings" ? segmentSettings(key, request) : rudderConfig(source, key));
}

/** One append a request; a refused item goes into the log with the others, so that it has a fate. */
async function take(edge: Edge, route: TakingRoute, request: IncomingMessage): Promise<void> {
  const named = headerKey(request) ?? queryKey(request.url ?? "");
  // A wrong key in the header is told before the body is looked at.
  const early = named === null ? null : await sourceOf(edge.parts.access, named);
  edge.admission.admit(early);
  const [refused] = await takeBody(edge, route, early, await readBody(request, edge.room));
  if (route.kind === "call" && refused !== undefined) throw refusalOf(refused);
}

/** What is parsed is let go of before it is durable: see {@link Edge.append}. */
function takeBody(edge: Edge, route: TakingRoute, early: Source | null, body: Buffer): Promise<Submitted["rejected"]> {
  const parsed = parseJson(body, maxDepth);
  if (early !== null) return takeParsed(edge, route, early, parsed);
  const named = sourceOf(edge.parts.access, bodyKey(parsed.value) ?? "");
  return named.then((source) => takeParsed(edge, route, source, parsed));
}

function takeParsed(
  edge: Edge,
  route: TakingRoute,
  source: Source,
  { value, isSuspect, items }: ParsedJson,
): Promise<Submitted["rejected"]> {
  const options = { ...planned(edge, source, edge.live), mayBeUnstorable: isSuspect };
  const at = edge.parts.now();
  if (route.kind === "batch") {
    const { calls, texts, shared } = batchOf(value, items);
    const received = { at, ...shared };
    const judge = () => calls.map((call, index) => acceptCall(call, source, received, options, texts[index]));
    return edge.append(source, calls.length, judge);
  }
  const { type } = route;
  return edge.append(source, 1, () => [acceptCall(typed(withoutKey(value), type), source, { at }, options)]);
}

type TakingRoute = Extract<Route, { kind: "call" | "batch" }>;

async function submit(
  edge: Edge,
  source: Source,
  calls: readonly JsonObject[],
  options: AcceptOptions,
): Promise<Submitted> {
  if (!source.enabled) throw disabled();
  edge.admission.admit(source);
  const rejected = await edge.append(source, calls.length, () => judged(edge, source, calls, options));
  return { accepted: calls.length - rejected.length, rejected };
}

function judged(edge: Edge, source: Source, calls: readonly JsonObject[], options: AcceptOptions): Judged[] {
  const received = { at: edge.parts.now() };
  const byPlan = planned(edge, source, options);
  return calls.map((call) => acceptCall(call, source, received, byPlan));
}

function planned({ parts }: Edge, source: Source, options: AcceptOptions): AcceptOptions {
  const plan = parts.planOf?.(source.id) ?? null;
  return plan === null ? options : { ...options, plan };
}

/** Of none, as a rule: then the answer holds nothing of the calls. */
function refusedOf(calls: readonly Judged[]): Submitted["rejected"] {
  return calls.flatMap(({ record }, index) => (record.status === "rejected" ? [{ index, ...record.reason }] : []));
}

/** Answers what went wrong, once the sender has finished speaking. */
async function refuse(edge: Edge, request: IncomingMessage, response: ServerResponse, error: unknown): Promise<void> {
  if (error instanceof SenderGone) {
    response.destroy();
    return;
  }
  const requestId = randomUUID();
  if (!(error instanceof Problem)) edge.parts.onFault?.(error, requestId);
  await drained(request);
  answerProblem(request, response, error instanceof Problem ? error : ourFault, requestId);
}

const ourFault = new Problem(503, "internal", "something went wrong here; the event was not taken", {
  hint: "send it again; if it goes on, report it with the requestId, which the server's log names too",
  retryAfterSeconds,
});

async function sourceOf(access: AccessStore, writeKey: string): Promise<Source> {
  const source = writeKey === "" ? null : await access.sourceOfWriteKey(writeKey);
  if (source === null) {
    throw new Problem(401, "write_key_unknown", "the write key is missing or unknown", {
      hint: "send it as the user name of Basic authorisation, or as `writeKey` in the body",
    });
  }
  if (!source.enabled) throw disabled();
  return source;
}

function disabled(): Problem {
  return new Problem(404, "source_disabled", "this source is disabled", {
    hint: "enable it with: c360 sources enable ID",
  });
}

function mustBe(method: "GET" | "POST", request: IncomingMessage): void {
  if (request.method === method) return;
  throw new WrongMethod(method);
}

function refusalOf({ code, message, field }: Rejection): Problem {
  const hint = "mend the call and send it again";
  return new Problem(400, code, message, field === undefined ? { hint } : { hint, field });
}

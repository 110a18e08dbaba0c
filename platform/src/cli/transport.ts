import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyInstance, InjectOptions } from "fastify";
import { Problem } from "../model/problem.ts";

export interface ApiRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query, percent-encoded. */
  path: string;
  body?: unknown;
}

/** Sends one request of the HTTP API and gives the answer's JSON (null for none); throws the answer's Problem. */
export type Transport = (request: ApiRequest) => Promise<unknown>;

const timeoutMs = 300_000;
const packed = promisify(gzip);

/** `http://host:port` without a trailing slash; Problem `wrong_usage` for anything else. */
export function serverUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.username === "") {
    return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  }
  throw new Problem(400, "wrong_usage", "The server's address is not a URL.", {
    hint: "Give it like --url http://127.0.0.1:3600",
  });
}

export function httpTransport(url: string, token: string): Transport {
  return async ({ method, path, body }) => {
    const { status, text, retryAfter } = await post(
      `${url}${path}`,
      method,
      { authorization: `Bearer ${token}` },
      body,
    );
    return answerOf(status, text, retryAfter);
  };
}

/** One HTTP exchange, the body as JSON, with `isPacked` in gzip. Problem 503 `server_unreachable` when there is no answer. */
export async function post(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: unknown,
  isPacked = false,
): Promise<{ status: number; text: string; retryAfter: string | null }> {
  try {
    const response = await fetch(url, {
      method,
      // A redirect would carry the token elsewhere.
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? { headers } : await written(headers, body, isPacked)),
    });
    return { status: response.status, text: await response.text(), retryAfter: response.headers.get("retry-after") };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message || ("code" in cause ? String(cause.code) : "") : "";
    throw new Problem(
      503,
      "server_unreachable",
      `No answer from ${new URL(url).origin}${why === "" ? "" : `: ${why}`}.`,
      {
        hint: "Start it with: c360 serve. Or check --url and C360_URL.",
      },
    );
  }
}

async function written(
  headers: Record<string, string>,
  body: unknown,
  isPacked: boolean,
): Promise<{ headers: Record<string, string>; body: string | Uint8Array<ArrayBuffer> }> {
  const text = JSON.stringify(body);
  const typed = { ...headers, "content-type": "application/json" };
  return isPacked
    ? { headers: { ...typed, "content-encoding": "gzip" }, body: new Uint8Array(await packed(text)) }
    : { headers: typed, body: text };
}

/** The API inside this process, no socket between. */
export function directTransport(app: FastifyInstance, token: string): Transport {
  return async ({ method, path, body }) => {
    const options: InjectOptions = { method, url: path, headers: { authorization: `Bearer ${token}` } };
    const response = await app.inject(body === undefined ? options : { ...options, payload: body as object });
    return answerOf(response.statusCode, response.body, null);
  };
}

export function answerOf(status: number, text: string, retryAfter: string | null): unknown {
  const body = parsed(text);
  if (status >= 200 && status < 300) {
    if (body === undefined) throw notOurs();
    return body;
  }
  const error = (body as { error?: Record<string, unknown> } | null | undefined)?.error;
  const { code, message, hint, field, requestId } = error ?? {};
  if (typeof code !== "string") throw notOurs();
  const retryAfterSeconds = Number(retryAfter ?? Number.NaN);
  const inside = status === 500 && typeof requestId === "string" ? ` (requestId ${requestId})` : "";
  throw new Problem(status, code, `${String(message)}${inside}`, {
    ...(typeof hint === "string" ? { hint } : {}),
    ...(typeof field === "string" ? { field } : {}),
    ...(Number.isFinite(retryAfterSeconds) ? { retryAfterSeconds } : {}),
  });
}

function parsed(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notOurs(): Problem {
  return new Problem(502, "not_customer_360", "What answers at this address is not Customer 360.", {
    hint: "Check --url and C360_URL.",
  });
}

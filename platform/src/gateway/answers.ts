import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Problem } from "../model/problem.ts";

/** `*` does not cover Authorization. */
const allowedHeaders =
  "authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat, sp-anonymous";
const preflightSeconds = "7200";
const json = "application/json; charset=utf-8";
const success = JSON.stringify({ success: true });

export function answerSuccess(request: IncomingMessage, response: ServerResponse): void {
  answer(request, response, 200, success);
}

export function answerJson(request: IncomingMessage, response: ServerResponse, body: unknown): void {
  answer(request, response, 200, JSON.stringify(body));
}

export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  answer(request, response, 200, "", {
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": allowedHeaders,
    "access-control-max-age": preflightSeconds,
  });
}

/** Where a 429 or 503 does not say when to try again. */
const plainRetrySeconds = 5;

export class WrongMethod extends Problem {
  readonly allowed: "GET" | "POST";

  constructor(allowed: "GET" | "POST") {
    super(405, "method_not_allowed", `this address takes ${allowed}`, { hint: `use ${allowed}` });
    this.allowed = allowed;
  }
}

export function answerProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
  requestId: string,
): void {
  const { status, retryAfterSeconds } = problem;
  const headers: Record<string, string> = { "x-request-id": requestId };
  if (status === 429 || status === 503) headers["retry-after"] = String(retryAfterSeconds ?? plainRetrySeconds);
  if (problem instanceof WrongMethod) headers["allow"] = `${problem.allowed}, OPTIONS`;
  // What is left of a body that nobody reads any more would be taken for the next request.
  if (!request.complete) headers["connection"] = "close";
  answer(request, response, status, problemText(problem, requestId), headers);
}

/** The shape of all errors (API.md). */
function problemText({ code, message, hint, field }: Problem, requestId?: string): string {
  const error: Record<string, string> = { code, message };
  if (hint !== undefined) error["hint"] = hint;
  if (field !== undefined) error["field"] = field;
  if (requestId !== undefined) error["requestId"] = requestId;
  return JSON.stringify({ error });
}

/** Browsers read an answer, an error's too, only with the headers of CORS: every answer has them. */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  more: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const { origin } = request.headers;
  const headers: Record<string, string | number> = {
    "access-control-allow-origin": origin ?? "*",
    "access-control-expose-headers": "retry-after, x-request-id",
    "cache-control": "no-store",
    "content-length": Buffer.byteLength(text),
    vary: "origin",
    "x-content-type-options": "nosniff",
    ...more,
  };
  if (origin !== undefined) headers["access-control-allow-credentials"] = "true";
  if (text !== "") headers["content-type"] = json;
  response.writeHead(status, headers);
  response.end(text);
}

const unreadable: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem(431, "headers_too_large", "the request's headers are too large"),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, "request_too_slow", "the request did not arrive in time", {
    hint: "send it again, in smaller parts where the line is slow",
  }),
};

/** For a server's `clientError`: what is no HTTP, or too slow, gets an answer like any other where it still can. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const problem =
    unreadable[error.code ?? ""] ??
    new Problem(400, "http_invalid", "the request is not well-formed HTTP", { hint: "send HTTP/1.1" });
  const text = problemText(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}`,
    "access-control-allow-origin: *",
    "connection: close",
    `content-type: ${json}`,
    `content-length: ${Buffer.byteLength(text)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}

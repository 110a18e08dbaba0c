import type { IncomingMessage, ServerResponse } from "node:http";
import type { Problem } from "../model/problem.ts";

const allowedHeaders =
  "authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat, sp-anonymous";
const preflightSeconds = "7200";

/** Browsers read an error's body only with these, so every answer has them. */
export function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
  response.setHeader("vary", "origin");
  if (request.headers.origin !== undefined) response.setHeader("access-control-allow-credentials", "true");
  response.setHeader("access-control-expose-headers", "retry-after, x-request-id");
}

export function answerPreflight(response: ServerResponse): void {
  response.setHeader("access-control-allow-methods", "GET, POST, OPTIONS");
  response.setHeader("access-control-allow-headers", allowedHeaders);
  response.setHeader("access-control-max-age", preflightSeconds);
  answer(response, 200, "");
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.setHeader("content-type", "application/json; charset=utf-8");
  answer(response, status, JSON.stringify(body));
}

/** The shape of all errors (API.md). */
export function answerProblem(response: ServerResponse, problem: Problem, requestId: string): void {
  const { code, message, hint, field, retryAfterSeconds } = problem;
  if (retryAfterSeconds !== undefined) response.setHeader("retry-after", String(retryAfterSeconds));
  const error = {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(field === undefined ? {} : { field }),
    requestId,
  };
  answerJson(response, problem.status, { error });
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = status;
  response.setHeader("cache-control", "no-store");
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("content-length", Buffer.byteLength(text));
  response.end(text);
}

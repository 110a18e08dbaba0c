import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../model/problem.ts";

/** The body of every error answer (API.md, Conventions). */
export interface ProblemBody {
  error: { code: string; message: string; hint?: string; field?: string; requestId: string };
}

export function problemBody(problem: Problem, requestId: string): ProblemBody {
  const { code, message, hint, field } = problem;
  return {
    error: {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(field === undefined ? {} : { field }),
      requestId,
    },
  };
}

export function sendProblem(reply: FastifyReply, problem: Problem, requestId: string): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  else if (problem.status === 429 || problem.status === 503) reply.header("retry-after", 1);
  // A route's own content type (Prometheus text, say) does not hold for its errors.
  return reply.type("application/json; charset=utf-8").code(problem.status).send(problemBody(problem, requestId));
}

/** What Fastify itself refuses, in our words. Its own messages quote urls and media types. */
const refusals: Record<string, Problem> = {
  FST_ERR_CTP_BODY_TOO_LARGE: new Problem(413, "body_too_large", "The body is larger than this route takes.", {
    hint: "Send less at a time: 16 MiB for imports, 1 MiB elsewhere.",
  }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new Problem(415, "unsupported_media_type", "The body is not application/json.", {
    hint: "Set the header Content-Type: application/json.",
  }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: new Problem(400, "body_incomplete", "The body is not as long as announced."),
  FST_ERR_BAD_URL: new Problem(400, "malformed_url", "The address holds a broken percent-encoding.", {
    hint: "Encode each value of the path with encodeURIComponent or its like.",
  }),
  FST_ERR_MAX_PARAM_LENGTH: new Problem(414, "url_too_long", "A value in the address is too long.", {
    hint: "No identifier is that long. POST /api/profiles/lookup takes values in its body.",
  }),
};

const parts: Record<string, string> = {
  body: "the body",
  querystring: "the query",
  params: "the path",
  headers: "the headers",
};

/** Where the validator's own words do not say it. */
const complaints: Record<string, string> = {
  required: "is missing",
  additionalProperties: "is not known here",
  boolean: "is not known here",
};

function fieldOf(error: FastifyError): { field: string | undefined; message: string } {
  const first = error.validation?.[0];
  const where = (first?.instancePath ?? "")
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : `${index === 0 ? "" : "."}${step}`))
    .join("");
  const named = namedIn(first?.params);
  const path = named === undefined ? where : `${where}${where === "" ? "" : "."}${named}`;
  const message = complaints[first?.keyword ?? ""] ?? first?.message ?? "is not as it should be";
  return { field: path === "" ? undefined : path.slice(0, 200), message };
}

/** The property that is missing or too much stands in the validator's parameters, not in the path. */
function namedIn(params: unknown): string | undefined {
  const record = (params ?? {}) as Record<string, unknown>;
  for (const key of ["requiredProperties", "additionalProperties"]) {
    const names = record[key];
    if (Array.isArray(names) && typeof names[0] === "string") return names[0];
  }
  return undefined;
}

/**
 * Any error of a request as a Problem. One that no caller can mend becomes 500 `internal` without internals; the
 * caller of this function logs it.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof Error)) return internal();
  const known = error as FastifyError;
  if (known.validation !== undefined) {
    const { field, message } = fieldOf(known);
    const part = parts[known.validationContext ?? "body"] ?? "the request";
    const subject = field === undefined ? `${part[0]?.toUpperCase()}${part.slice(1)}` : `\`${field}\` in ${part}`;
    return new Problem(400, "invalid_request", `${subject} ${message}.`, {
      hint: "GET /api/openapi.json describes what this route takes.",
      ...(field === undefined ? {} : { field }),
    });
  }
  const refusal = refusals[known.code];
  if (refusal !== undefined) return refusal;
  if (known.statusCode !== undefined && known.statusCode >= 400 && known.statusCode < 500) {
    return new Problem(known.statusCode, "malformed_request", "The request cannot be read.");
  }
  return internal();
}

function internal(): Problem {
  return new Problem(500, "internal", "Something went wrong inside; nothing you sent is to blame.", {
    hint: "Try again. If it goes on, report it with the requestId, which the server's log names too.",
  });
}

/** Answers a failed request; what is our fault is logged with its stack, what is the caller's is not. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.status === 500) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    request.log.error(
      { requestId: request.id, route: request.routeOptions.url, err: { name, message, stack } },
      "failed",
    );
  }
  return sendProblem(reply, problem, request.id);
}

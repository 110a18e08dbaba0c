import { Problem } from "../../../model/problem.ts";

/** What the SDK could not get an answer for, in the caller's words. Nothing of the request is in the message. */
export function rawLogUnavailable(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const why = error instanceof Error ? error.name : "an error without a name";
  return new Problem(503, "raw_log_unavailable", `The raw log does not answer: ${why}.`, {
    hint: "Try again: what was written counts once.",
    retryAfterSeconds: 5,
  });
}

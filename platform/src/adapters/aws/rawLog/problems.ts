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

export function rawLogBusy(writers: number): Problem {
  return new Problem(503, "raw_log_busy", `${writers} writers of the raw log are under way.`, {
    hint: "Those that died are closed once their time is over; try again.",
    retryAfterSeconds: 5,
  });
}

export function rawLogSlow(times: number): Problem {
  return new Problem(503, "raw_log_slow", `Writing to the raw log took longer than its claims hold, ${times} times.`, {
    hint: "Raise C360_AWS_RAW_CLAIM_SECONDS, or send smaller batches.",
    retryAfterSeconds: 5,
  });
}

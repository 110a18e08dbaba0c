import type { Fate } from "../ingestion/index.ts";
import { callTime } from "../model/callTime.ts";
import type { JsonObject, LogRecord } from "../model/event.ts";
import { isoTime } from "../model/isoTime.ts";
import { Problem } from "../model/problem.ts";
import type { Source } from "../model/source.ts";

/** An answer waits so long for the decision; past it the fate is `pending`, and can be asked for. */
const maxDecisionMs = 2_000;

export interface ReplayParts {
  fateOf: (messageId: string, source: string | null) => Promise<Fate | null>;
  /** Problem 404 where there is none. */
  sourceOf: (id: string) => Promise<Source>;
  submit: (source: Source, calls: readonly JsonObject[], as: "import" | "live") => Promise<unknown>;
  /** Resolves when everything that is durable by now is decided. */
  decided: () => Promise<void>;
  sleep: (ms: number) => Promise<void>;
}

/**
 * Sends a refused call again under its messageId, mended by the caller or as it was, through the checks of the way
 * that it came by. Null when no source ever sent it. Problem 409 `event_processed`, `event_pending`; 422
 * `copy_incomplete`, `message_id_differs`; and those of the gateway.
 */
export function replayer(
  parts: ReplayParts,
): (messageId: string, source: string | null, corrected: JsonObject | null) => Promise<Fate | null> {
  return async (messageId, source, corrected) => {
    const fate = await parts.fateOf(messageId, source);
    if (fate === null) return null;
    const record = refusedOf(fate);
    const call = corrected ?? copyOf(record);
    if (corrected?.["messageId"] !== undefined && corrected["messageId"] !== messageId) {
      throw new Problem(422, "message_id_differs", "The corrected call has another messageId than the address.", {
        hint: "Leave `messageId` out: it stays what it is. A new event goes to the tracking API.",
        field: "messageId",
      });
    }
    // A call that got past the gateway and was refused later had passed one of the two; the wider one takes it again.
    const way = record.status !== "rejected" || record.isImported === true ? "import" : "live";
    const again = { ...inItsOwnTime(call, record.receivedAt), messageId };
    await parts.submit(await parts.sourceOf(record.source), [again], way);
    await Promise.race([parts.decided(), parts.sleep(maxDecisionMs)]);
    return parts.fateOf(messageId, record.source);
  };
}

/** Problem 409 for what needs no replay. */
function refusedOf({ fate, record }: Fate): LogRecord {
  if (fate === "rejected") return record;
  if (fate === "pending") {
    throw new Problem(409, "event_pending", "It is not decided yet.", {
      hint: "Ask for its fate, and then try again.",
    });
  }
  const hint = "There is nothing to mend. A correction of what it said is a new event, with a messageId of its own.";
  throw new Problem(409, "event_processed", "This event was taken, and counts.", { hint });
}

function copyOf({ body }: LogRecord): JsonObject {
  if (typeof body !== "string") return body;
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as JsonObject;
  } catch {
    // Cut, or never JSON.
  }
  throw new Problem(422, "copy_incomplete", "What was kept of it is no whole call.", {
    hint: "Send the corrected call as the body.",
  });
}

/** It happened when it happened, not now: the client's clock is compared with the time of the first receipt. */
function inItsOwnTime(call: JsonObject, receivedAt: number): JsonObject {
  const { sentAt, originalTimestamp, timestamp, ...rest } = call;
  const given = timestamp === undefined || timestamp === "" ? originalTimestamp : timestamp;
  return { ...rest, timestamp: isoTime(callTime({ timestamp: given, sentAt, receivedAt }).occurredAt) };
}

import { callTime } from "../../model/callTime.ts";
import type { JsonObject, LogRecord } from "../../model/event.ts";
import { isoTime } from "../../model/isoTime.ts";

/** The way that a call came by, whose checks it goes through again. */
export type ReplayWay = "import" | "live";

/** A call that got past the gateway and was refused later had passed one of the two; the wider one takes it again. */
export function wayOf(record: LogRecord): ReplayWay {
  return record.status !== "rejected" || record.isImported === true ? "import" : "live";
}

/** The kept copy, as an object of the caller's own; null where what was kept is no whole call. */
export function copyOf({ body }: LogRecord): JsonObject | null {
  if (typeof body !== "string") return structuredClone(body);
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as JsonObject;
  } catch {
    // Cut, or never JSON.
  }
  return null;
}

/**
 * What is sent again: under its messageId, and it happened when it happened, not now: the client's clock is compared
 * with the time of the first receipt.
 */
export function replayedCall(call: JsonObject, { messageId, receivedAt }: LogRecord): JsonObject {
  const { sentAt, originalTimestamp, timestamp, ...rest } = call;
  const given = timestamp === undefined || timestamp === "" ? originalTimestamp : timestamp;
  const occurredAt = callTime({ timestamp: given, sentAt, receivedAt }).occurredAt;
  return { ...rest, timestamp: isoTime(occurredAt), messageId };
}

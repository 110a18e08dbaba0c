import { copyOf, replayedCall, wayOf, type Claims, type Fate, type ReplayWay } from "../ingestion/index.ts";
import type { JsonObject, LogRecord } from "../model/event.ts";
import { messageKeyOf, type KeyedHash } from "../model/keyedHash.ts";
import { Problem } from "../model/problem.ts";
import type { Source } from "../model/source.ts";

/** An answer waits so long for the decision; past it the fate is `pending`, and can be asked for. */
const maxDecisionMs = 2_000;

export interface ReplayParts {
  fateOf: (messageId: string, source: string | null) => Promise<Fate | null>;
  /** Problem 404 where there is none. */
  sourceOf: (id: string) => Promise<Source>;
  submit: (source: Source, calls: readonly JsonObject[], as: ReplayWay) => Promise<unknown>;
  /** Resolves when everything that is durable by now is decided. */
  decided: () => Promise<void>;
  sleep: (ms: number) => Promise<void>;
  claims: Claims;
  hash: KeyedHash;
}

/**
 * Sends a refused call again under its messageId, mended by the caller or as it was, through the checks of the way
 * that it came by. Null when no source ever sent it. Problem 409 `event_processed`, `event_pending`, `event_replaying`;
 * 422 `copy_incomplete`, `message_id_differs`; and those of the gateway.
 */
export function replayer(
  parts: ReplayParts,
): (messageId: string, source: string | null, corrected: JsonObject | null) => Promise<Fate | null> {
  return async (messageId, source, corrected) => {
    const fate = await parts.fateOf(messageId, source);
    if (fate === null) return null;
    const record = refusedOf(fate);
    const call = corrected ?? wholeCopyOf(record);
    if (corrected?.["messageId"] !== undefined && corrected["messageId"] !== messageId) {
      throw new Problem(422, "message_id_differs", "The corrected call has another messageId than the address.", {
        hint: "Leave `messageId` out: it stays what it is. A new event goes to the tracking API.",
        field: "messageId",
      });
    }
    await replayOnce(record, call, parts);
    return parts.fateOf(messageId, record.source);
  };
}

/** Nobody else replays it until what was sent is decided. */
async function replayOnce(record: LogRecord, call: JsonObject, parts: ReplayParts): Promise<void> {
  const key = messageKeyOf(parts.hash, record.source, record.messageId);
  if (!parts.claims.take(key)) throw replaying();
  const release = (): void => parts.claims.release([key]);
  try {
    // It may have been taken between the look at it and the claim.
    const fate = await parts.fateOf(record.messageId, record.source);
    if (fate !== null) refusedOf(fate);
    await parts.submit(await parts.sourceOf(record.source), [replayedCall(call, record)], wayOf(record));
  } catch (error) {
    release();
    throw error;
  }
  const decided = parts.decided().finally(release);
  // Whoever waits no longer hears of no failure either.
  decided.catch(() => undefined);
  await Promise.race([decided, parts.sleep(maxDecisionMs)]);
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

function wholeCopyOf(record: LogRecord): JsonObject {
  const copy = copyOf(record);
  if (copy !== null) return copy;
  throw new Problem(422, "copy_incomplete", "What was kept of it is no whole call.", {
    hint: "Send the corrected call as the body.",
  });
}

function replaying(): Problem {
  return new Problem(409, "event_replaying", "This event is being replayed by somebody else.", {
    hint: "Ask for its fate, and then try again.",
  });
}

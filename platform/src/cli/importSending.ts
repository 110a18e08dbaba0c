import type { SubmitAnswer } from "../api/services.ts";
import type { ImportedCall } from "../importing/importedCalls.ts";
import type { JsonObject } from "../model/event.ts";
import { Problem } from "../model/problem.ts";
import type { CliIo } from "./io.ts";

export const maxBatchBytes = 4_194_304;
export const maxBatchCalls = 2_000;
export const maxBatchesInFlight = 4;
/** How long a busy or absent server is waited for, without a single answer. */
export const maxPatienceMs = 900_000;
const maxRetryWaitMs = 60_000;

export type Clock = Pick<CliIo, "now" | "sleep">;

export interface Sending {
  submit(calls: readonly JsonObject[]): Promise<SubmitAnswer>;
  clock: Clock;
  onAnswer(batch: readonly ImportedCall[], answer: SubmitAnswer): void;
  /** Once for a wait, however many tries it takes. */
  onWait(message: string): void;
}

/**
 * Sends calls in batches, several at a time. A busy server is tried again (every call has its id, so that nothing
 * counts twice); any other failure ends the sending once the batches under way have ended, and is thrown.
 */
export async function sendCalls(calls: AsyncIterable<ImportedCall>, sending: Sending): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const batch of batches(calls)) {
    const sent: Promise<void> = sendBatch(batch, sending)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => underWay.delete(sent));
    underWay.add(sent);
    if (underWay.size >= maxBatchesInFlight) await Promise.race(underWay);
    if (failures.length > 0) break;
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
}

async function* batches(calls: AsyncIterable<ImportedCall>): AsyncGenerator<ImportedCall[]> {
  let batch: ImportedCall[] = [];
  let bytes = 0;
  for await (const call of calls) {
    if (batch.length >= maxBatchCalls || (batch.length > 0 && bytes + call.bytes > maxBatchBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(call);
    bytes += call.bytes;
  }
  if (batch.length > 0) yield batch;
}

async function sendBatch(batch: readonly ImportedCall[], sending: Sending): Promise<void> {
  const calls = batch.map(({ call }) => call);
  sending.onAnswer(batch, await tried(() => sending.submit(calls), sending));
}

/** Tries again while the server is busy or away, as long as it asks for. */
export async function tried<Answer>(
  attempt: () => Promise<Answer>,
  sending: Pick<Sending, "clock" | "onWait">,
): Promise<Answer> {
  let waitedMs = 0;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const isPassing = error instanceof Problem && (error.status === 429 || error.status === 503);
      if (!isPassing || waitedMs >= maxPatienceMs) throw error;
      const waitMs = Math.min((error.retryAfterSeconds ?? 2 ** Math.min(tries - 1, 6)) * 1_000, maxRetryWaitMs);
      // A full queue is everyday, and over in a second.
      if (tries === 3) sending.onWait(`${error.message} Waiting for it.`);
      await sending.clock.sleep(waitMs);
      waitedMs += Math.max(waitMs, 1);
    }
  }
}

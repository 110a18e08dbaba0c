import type { DeciderLease } from "../../adapters/aws/state/deciderLease.ts";
import type { EventBufferReader } from "../../buffer/eventBuffer.ts";
import type { IdentityRules } from "../../identity/index.ts";
import { createIngestionLoop, recordsAt, type BatchOutcome, type IngestionLoop } from "../../ingestion/index.ts";
import type { KeyedHash } from "../../model/keyedHash.ts";
import type { Position } from "../../model/position.ts";
import { Problem } from "../../model/problem.ts";
import { decidedElsewhere, isDecidedElsewhere } from "../../storage/decidedElsewhere.ts";
import type { IdentityAndProfiles } from "../../storage/identityAndProfiles.ts";
import type { MessageIndex } from "../../storage/messageIndex.ts";

export interface DeciderParts {
  lease: DeciderLease;
  /** Of the raw lake. */
  log: EventBufferReader;
  /** Position after the last record that is in the log for good. */
  end: () => Promise<Position>;
  openState: () => Promise<IdentityAndProfiles>;
  openMessages: (store: IdentityAndProfiles) => Promise<MessageIndex>;
  hash: KeyedHash;
  rules: IdentityRules;
  homeCurrency: string;
  /** UTC ms. */
  now: () => number;
  /** What is left of this invocation, ms. */
  remainingMs: () => number;
  sleep: (ms: number, stopped: AbortSignal) => Promise<void>;
  onDecided?: (position: Position, records: number, outcome: BatchOutcome) => void;
  /** A failure that is tried again. The message holds no event's content. */
  onTrouble: (error: unknown) => void;
  /** No batch is begun with less than this left (default 30 s). */
  reserveMs?: number;
  /** How often the lease is taken again (default 10 s): less than a third of what it holds. */
  renewMs?: number;
}

/**
 * `caughtUp`: everything up to the end is decided. `outOfTime`: there is more; the next invocation goes on. `held`:
 * another one decides. `overtaken`: another one has decided since, and goes on.
 */
export type DeciderOutcome = "caughtUp" | "outOfTime" | "held" | "overtaken";

const defaultReserveMs = 30_000;
const defaultRenewMs = 10_000;
const lookMs = 250;

/**
 * One invocation of the decider: follows the raw log with the embedded edition's own loop and pipeline, one at a time,
 * until it has caught up or its time is over. An invocation that is killed leaves a prefix of the log decided; whoever
 * comes next writes the rest of what stands, and goes on.
 */
export async function runDecider(parts: DeciderParts): Promise<DeciderOutcome> {
  if (!(await parts.lease.take())) return "held";
  try {
    return await decideAlong(parts);
  } catch (error) {
    if (isDecidedElsewhere(error)) return "overtaken";
    throw error;
  } finally {
    // It ends by itself.
    await parts.lease.give().catch(parts.onTrouble);
  }
}

async function decideAlong(parts: DeciderParts): Promise<DeciderOutcome> {
  const { log, hash, rules, homeCurrency, now, onTrouble, onDecided = () => undefined } = parts;
  const stopping = new AbortController();
  let loop: IngestionLoop | null = null;
  const stop = (): void => {
    loop?.stop();
    stopping.abort();
  };
  // To open it may take long: what a decider before left unwritten is written, what it did not remember is read.
  const watched = watch(parts, stopping.signal, stop);
  try {
    const store = await parts.openState();
    try {
      const from = await store.position();
      const messages = await parts.openMessages(store);
      try {
        loop = await createIngestionLoop({
          log,
          store,
          messages,
          hash,
          rules,
          homeCurrency,
          now,
          onTrouble,
          onDecided,
          // The lake's trouble is no event's fault: it is tried again, and nothing is refused for it.
          recordsAt: (positions) => recordsAt(log, positions).catch(asTrouble),
          sleep: (ms) => parts.sleep(ms, stopping.signal),
        });
        // Another's decision in between: what it took may not be remembered yet.
        if (loop.position() !== from) throw decidedElsewhere();
        return await follow(parts, loop, stopping.signal);
      } finally {
        await messages.close();
      }
    } finally {
      await store.close();
    }
  } finally {
    stop();
    await watched;
  }
}

/**
 * What comes while it works is decided too. The store is not asked where it stands: its answer would be what the next
 * decision builds on, another's too, and the loop would decide again what that one has.
 */
async function follow({ end }: DeciderParts, loop: IngestionLoop, stopped: AbortSignal): Promise<DeciderOutcome> {
  while (!stopped.aborted) {
    const until = await end();
    const at = loop.position();
    if (at >= until) return "caughtUp";
    await loop.run(until);
    // A reader that gives nothing before the end has nothing for now.
    if (!stopped.aborted && loop.position() === at) return "caughtUp";
  }
  return "outOfTime";
}

/** Stops it in time, and where another one has the lease. */
async function watch(
  { lease, now, remainingMs, sleep, onTrouble, reserveMs = defaultReserveMs, renewMs = defaultRenewMs }: DeciderParts,
  stopped: AbortSignal,
  stop: () => void,
): Promise<void> {
  let renewAt = now() + renewMs;
  while (!stopped.aborted) {
    if (remainingMs() <= reserveMs) return stop();
    if (now() >= renewAt) {
      renewAt = now() + renewMs;
      const isOurs = await lease.take().catch((error: unknown) => (onTrouble(error), true));
      if (!isOurs) return stop();
    }
    await sleep(lookMs, stopped);
  }
}

/** A code of its own tells the loop that trying again may help, as of a store. */
function asTrouble(error: unknown): never {
  if (!(error instanceof Problem) || error.status < 500) throw error;
  throw Object.assign(new Error("the log cannot be read"), { code: error.code });
}

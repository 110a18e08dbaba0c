import type { DeciderLease } from "../../adapters/aws/state/deciderLease.ts";
import type { EventBufferReader } from "../../buffer/eventBuffer.ts";
import type { IdentityRules } from "../../identity/index.ts";
import { createIngestionLoop, recordsAt, type BatchOutcome } from "../../ingestion/index.ts";
import type { KeyedHash } from "../../model/keyedHash.ts";
import type { Position } from "../../model/position.ts";
import { isDecidedElsewhere } from "../../storage/decidedElsewhere.ts";
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
  const store = await parts.openState();
  const stopping = new AbortController();
  try {
    const messages = await parts.openMessages(store);
    const loop = await createIngestionLoop({
      log,
      store,
      messages,
      hash,
      rules,
      homeCurrency,
      now,
      onTrouble,
      onDecided,
      recordsAt: (positions) => recordsAt(log, positions),
      sleep: (ms) => parts.sleep(ms, stopping.signal),
    });
    const stop = (): void => {
      loop.stop();
      stopping.abort();
    };
    const watched = watch(parts, stopping.signal, stop);
    try {
      return await follow(parts, store, loop, stopping.signal);
    } finally {
      stop();
      await watched;
      await messages.close();
    }
  } finally {
    await store.close();
  }
}

/** What comes while it works is decided too. */
async function follow(
  { end }: DeciderParts,
  store: IdentityAndProfiles,
  loop: { run(end: Position): Promise<void> },
  stopped: AbortSignal,
): Promise<DeciderOutcome> {
  while (!stopped.aborted) {
    const until = await end();
    const at = await store.position();
    if (at >= until) return "caughtUp";
    await loop.run(until);
    // A reader that gives nothing before the end has nothing for now.
    if (!stopped.aborted && (await store.position()) === at) return "caughtUp";
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

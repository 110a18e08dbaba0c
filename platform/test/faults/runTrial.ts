import { spawnSync } from "node:child_process";
import { drawsFrom, hash32 } from "../../src/simulator/draws.ts";
import { within } from "../whole/polling.ts";
import { startSender } from "../whole/senders.ts";
import { openSite, writeKey, type Site } from "../whole/server.ts";
import { accountOf, differencesAfterStop } from "./account.ts";
import { clocks, crashes, fewHandles, seconds } from "./kinds/process.ts";
import { damagedCopies, damagedLogs } from "./kinds/damage.ts";
import { errors, slowness } from "./kinds/disk.ts";
import { fullDisks, fullLakes, fullStates } from "./kinds/fullDisk.ts";
import { kills, killsAtWrites, pauses } from "./kinds/kills.ts";
import { acknowledgedBy, type FaultKind, type Trial } from "./trial.ts";

export const faultKinds: readonly FaultKind[] = [
  kills,
  killsAtWrites,
  errors,
  fullDisks,
  fullLakes,
  fullStates,
  slowness,
  damagedLogs,
  damagedCopies,
  clocks,
  crashes,
  seconds,
  fewHandles,
  pauses,
];

const mostSenders = 4;
const maxFlushMs = 60_000;

export interface TrialResult {
  kind: string;
  /** What happened. */
  story: string[];
  acknowledged: number;
  /** What did not hold; empty when all is well. */
  differences: string[];
  /** Where the data directory is kept for whoever looks into it; null when all is well. */
  kept: string | null;
  /** For so long this process itself stood still meanwhile. */
  stoodMs: number;
}

export interface TrialOptions {
  /** Gives milliseconds that never go back; nothing stands still where it is left out. */
  stoodStill?: () => number;
  /** Breaks the trial off: what it has started and mounted is undone, and nothing is kept. */
  stopped?: AbortSignal;
}

/** One seed is one fault, its moment, and the clients' load; what the machine makes of it is its own. */
export async function runTrial(
  seed: number,
  kinds: readonly FaultKind[],
  { stoodStill = () => 0, stopped = new AbortController().signal }: TrialOptions = {},
): Promise<TrialResult> {
  const stoodBefore = stoodStill();
  const draws = drawsFrom(hash32(seed, 11));
  const kind = draws.pick(kinds);
  const site = await openSite({ env: { C360_MIN_FREE_MIB: "0" } });
  const undo: (() => void)[] = [];
  let isOver = false;
  const story: string[] = [];
  const senders = Array.from({ length: draws.between(1, mostSenders) }, (_, n) =>
    startSender({
      url: site.url,
      writeKey,
      name: `f${n}`,
      batchEvents: draws.between(1, 25),
      pauseMs: draws.between(5, 40),
      sendsRefusable: true,
    }),
  );
  // One that is broken off may still be on its way to something that has to be undone.
  const atEnd = (work: () => void): void => {
    if (isOver) work();
    else undo.push(work);
  };
  const trial: Trial = { site, senders, draws, say: (what) => story.push(what), atEnd };
  const work = differencesOf(trial, kind).catch((error: unknown) => [wordsOf(error)]);
  const differences = await unlessStopped(work, stopped);
  const stoodMs = stoodStill() - stoodBefore;
  const kept = differences.length === 0 || stopped.aborted ? null : keep(site);
  isOver = true;
  for (const sender of senders) sender.giveUp();
  for (const each of undo) each();
  await site.close();
  return { kind: kind.name, story, acknowledged: acknowledgedBy(senders), differences, kept, stoodMs };
}

async function unlessStopped(work: Promise<string[]>, stopped: AbortSignal): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const stop = (): void => resolve(["broken off"]);
  if (stopped.aborted) stop();
  stopped.addEventListener("abort", stop);
  return Promise.race([work, promise]).finally(() => stopped.removeEventListener("abort", stop));
}

async function differencesOf(trial: Trial, kind: FaultKind): Promise<string[]> {
  const { site, senders } = trial;
  const survivor = await kind.happen(trial);
  const server = survivor ?? (await site.start());
  await within("what clients have is taken", maxFlushMs, Promise.all(senders.map((sender) => sender.stop())));
  await site.reads.settled();
  const { differences, events } = await accountOf(site.reads, senders);
  return [...differences, ...(await differencesAfterStop(site, server, events))];
}

function keep(site: Site): string {
  const kept = `${site.folder}-kept`;
  spawnSync("cp", ["-a", site.folder, kept]);
  return kept;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

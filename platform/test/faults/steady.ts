import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quantiles, fullLoad, type Target } from "../../../bench/src/loadPhases.ts";
import { serverPaths, startServer, type Server } from "../../../bench/src/server.ts";
import { aligned, type Alignment } from "../../../bench/src/table.ts";
import type { LoadResult } from "../../../bench/src/loadJob.ts";
import { watchVisibility } from "../../../bench/src/visibility.ts";
import { findServer } from "../../src/adapters/embedded/directoryLock.ts";
import { openHandles } from "./openHandles.ts";
import type { Growth, Minute } from "./growth.ts";

export const profiles = 20_000;
const bytesPerMiB = 1_048_576;
const capacityEvents = 150_000;
const maxPhaseSeconds = 120;
/** Ordinals of events: a minute's begin at a whole multiple, so that none is sent twice. */
const ordinalsAMinute = 10_000_000;

/** A platform in a process of its own, with customers in it, and what it takes. */
export interface Steady {
  target: Target;
  server: Server;
  pid: number;
  /** Events a second that are acknowledged and processed when nothing holds the clients back. */
  capacityPerS: number;
  memoryMiB: () => number;
  /** Stops the server; the directory goes. */
  close: () => Promise<void>;
}

export async function openSteady(seed: number, say: (line: string) => void): Promise<Steady> {
  const directory = mkdtempSync(join(tmpdir(), "c360-steady-"));
  const paths = serverPaths(directory);
  const server = await startServer(paths);
  const close = async (): Promise<void> => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const target = { server, seed, profiles };
    const portion = { firstOrdinal: 0, maxSeconds: maxPhaseSeconds };
    await fullLoad(target, { ...portion, kind: "signUps", maxEvents: profiles });
    const { processedPerS } = await fullLoad(target, { ...portion, kind: "events", maxEvents: capacityEvents });
    const pid = findServer(paths.dataDir)?.pid ?? 0;
    say(`${profiles} customers; takes ${Math.round(processedPerS)} events a second (seed ${seed})`);
    return { target, server, pid, capacityPerS: processedPerS, memoryMiB: () => anonymousMiB(pid), close };
  } catch (error) {
    await close();
    throw error;
  }
}

export function firstOrdinalOf(minute: number): number {
  return (minute + 1) * ordinalsAMinute;
}

/** Runs a minute's load and watches single events arrive meanwhile. `work` gives what its clients saw. */
export async function watchedMinute(
  steady: Steady,
  work: () => Promise<LoadResult>,
): Promise<Minute & { sent: LoadResult; probes: number }> {
  const visibility = watchVisibility(steady.target);
  const sent = await work();
  const visible = await visibility.end();
  const [acknowledged, seen] = [quantiles(sent.latency), quantiles(visible.latency)];
  const { pendingRecords } = await steady.server.status();
  return {
    sent,
    probes: visible.probes,
    memoryMiB: steady.memoryMiB(),
    handles: openHandles(steady.pid).length,
    acknowledgedPerS: (sent.acknowledged * 1_000) / Math.max(1, sent.lastAcknowledgedAt - sent.firstSentAt),
    acknowledgedP50Ms: acknowledged.p50,
    acknowledgedP99Ms: acknowledged.p99,
    visibleP50Ms: seen.p50,
    visibleP99Ms: seen.p99,
    pending: pendingRecords,
    refusedBatches: sent.refusedBatches,
  };
}

function anonymousMiB(pid: number): number {
  const [, kiB] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kiB === undefined) throw new Error("this system does not tell a process's memory");
  return (Number(kiB) * 1_024) / bytesPerMiB;
}

const columns = [
  "minute",
  "MiB",
  "handles",
  "events/s",
  "ack p50",
  "p99",
  "visible p50",
  "p99 ms",
  "pending",
  "refused",
];
const right: Alignment[] = columns.map(() => "right");

export function tableOf(minutes: readonly Minute[]): string {
  const rows = minutes.map((minute, n) => [
    n + 1,
    minute.memoryMiB,
    minute.handles,
    minute.acknowledgedPerS,
    minute.acknowledgedP50Ms,
    minute.acknowledgedP99Ms,
    minute.visibleP50Ms,
    minute.visibleP99Ms,
    minute.pending,
    minute.refusedBatches,
  ]);
  return aligned(
    [columns, ...rows.map((row) => row.map((cell) => (cell === null ? "-" : String(Math.round(cell)))))],
    right,
  );
}

export function growthTable(growth: readonly Growth[]): string {
  const head = ["", "first third", "last third", "a minute", "at most", ""];
  const rows = growth.map(({ what, first, last, slope, most, isGrowing }) => [
    what,
    ...[first, last].map((value) => value.toFixed(1)),
    slope.toFixed(2),
    most.toFixed(1),
    isGrowing ? "GROWS" : "ok",
  ]);
  return aligned([head, ...rows], ["left", "right", "right", "right", "right"]);
}

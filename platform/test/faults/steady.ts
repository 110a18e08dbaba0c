import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quantiles, fullLoad, type Target } from "../../../bench/src/loadPhases.ts";
import { serverPaths, startServer, type Server } from "../../../bench/src/server.ts";
import { aligned, type Alignment } from "../../../bench/src/table.ts";
import { watchVisibility } from "../../../bench/src/visibility.ts";
import { findServer } from "../../src/adapters/embedded/directoryLock.ts";
import type { Growth, Minute } from "./growth.ts";
import { watchMachine } from "./machine.ts";
import { watchMost } from "./samples.ts";

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
  /** Begins to look at what others leave of the machine; see {@link watchMachine}. */
  machine: ReturnType<typeof watchMachine>;
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
    return {
      target,
      server,
      pid,
      capacityPerS: processedPerS,
      memoryMiB: () => anonymousMiB(pid),
      machine: watchMachine(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export function firstOrdinalOf(minute: number): number {
  return (minute + 1) * ordinalsAMinute;
}

/** What was seen from outside while `work` was under way: the most, not what was left once it had ended. */
export type Seen = Pick<Minute, "memoryMiB" | "handles" | "pending" | "visibleP50Ms" | "visibleP99Ms" | "machineLeft">;

/** Does some work under load, and watches single events arrive meanwhile. */
export async function watched<Result>(
  steady: Steady,
  work: () => Promise<Result>,
): Promise<{ result: Result; seen: Seen; probes: number }> {
  const most = watchMost(steady);
  const left = steady.machine();
  const visibility = watchVisibility(steady.target);
  const result = await work();
  const worst = await most.end();
  const { probes, latency } = await visibility.end();
  const { p50, p99 } = quantiles(latency);
  return { result, seen: { ...worst, visibleP50Ms: p50, visibleP99Ms: p99, machineLeft: left() }, probes };
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
  "left %",
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
    minute.machineLeft === null ? null : minute.machineLeft * 100,
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

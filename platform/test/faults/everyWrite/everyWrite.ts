import { chmodSync, cpSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawsFrom, hash32 } from "../../../src/simulator/draws.ts";
import { watchStandstill } from "../standstill.ts";
import { differencesAfter } from "./afterwards.ts";
import { bundleHost, type BundledHost } from "./bundledHost.ts";
import { faultAt, nameOf, pointsOf, type Point } from "./points.ts";
import { runHost, type HostEnded, type HostRun } from "./runHost.ts";

/** What is done at a write of a run that takes some requests, or of the start that follows one that was killed. */
export const modes = ["kill", "error", "recovery-kill", "recovery-error"] as const;
export type Mode = (typeof modes)[number];

const requests = 12;
const kill = "signal=KILL";
const syncing = /sync/;
const errorsOfSyncs = ["EIO", "ENOSPC"] as const;
const errorsOfOthers = ["EIO", "ENOSPC", "EDQUOT"] as const;
/** Of a run's points, those after which there is something to recover. */
const recoveryFrom = 0.2;

export interface Attempt {
  point: string;
  what: string;
  /** False where the run ended before it: then it was a run without a fault. */
  isReached: boolean;
  acknowledged: number;
  /** What did not hold, in words; empty when all is well. */
  differences: string[];
  /** Where the data directory is kept for whoever looks into it; null when all is well. */
  kept: string | null;
}

export interface EveryWrite {
  /** Moments, in an order that stays; the same for each mode of a run, and of a recovery. */
  points(mode: Mode): Promise<readonly Point[]>;
  /** Does it in a process of its own, starts clean, and looks; once more where this process stood still and it failed. */
  attempt(mode: Mode, point: Point): Promise<Attempt>;
  close(): void;
}

/** A directory to start from, and what of its requests was acknowledged. */
interface Base {
  dataDir: string | null;
  acknowledged: readonly number[];
  run: Omit<HostRun, "dataDir">;
}

/**
 * `seed` decides which errors are tried, and what the killed run was like that is recovered from. `under`: where there is
 * room for files of which nobody asks whether they outlast the machine.
 */
export async function openEveryWrite(seed: number, under = tmpdir()): Promise<EveryWrite> {
  const host = await bundleHost();
  const folder = mkdtempSync(join(under, "c360-every-write-"));
  const fresh: Base = { dataDir: null, acknowledged: [], run: { first: 0, until: requests } };
  const known = new Map<Base, Promise<Point[]>>();
  let made = 0;
  const newDirectory = (): string => join(folder, String(++made));
  const counted = (base: Base): Promise<Point[]> => {
    const points = known.get(base) ?? pointsFrom(host, base, newDirectory());
    known.set(base, points);
    return points;
  };
  let killed: Promise<Base> | null = null;
  const baseOf = async (mode: Mode): Promise<Base> => {
    if (!mode.startsWith("recovery")) return fresh;
    killed ??= counted(fresh).then((points) => killedBase(host, { points, seed, dataDir: newDirectory() }));
    return killed;
  };
  const stoodStill = watchStandstill();
  const attempt: EveryWrite["attempt"] = async (mode, point) => {
    const base = await baseOf(mode);
    const dataDir = newDirectory();
    lay(base, dataDir);
    return tryOnce(host, { mode, point, seed, base, dataDir });
  };
  return {
    points: async (mode) => counted(await baseOf(mode)),
    attempt: async (mode, point) => {
      const stoodBefore = stoodStill();
      const made = await attempt(mode, point);
      const provesNothing = made.differences.length > 0 && stoodStill() > stoodBefore;
      return provesNothing ? attempt(mode, point) : made;
    },
    close: () => {
      host.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function tryOnce(
  host: BundledHost,
  { mode, point, seed, base, dataDir }: { mode: Mode; point: Point; seed: number; base: Base; dataDir: string },
): Promise<Attempt> {
  const isKill = mode.endsWith("kill");
  const { effect, isLasting } = isKill ? { effect: kill, isLasting: false } : errorAt(point, seed);
  const ended = await runHost(host, { dataDir, ...base.run }, faultAt(point, dataDir, effect, isLasting));
  const acknowledged = [...base.acknowledged, ...ended.acknowledged];
  const differences = [
    ...(isKill ? wrongEndOfKilled(ended) : wrongEnd(ended)),
    ...(await differencesAfter(dataDir, requests, acknowledged).catch((error: unknown) => [wordsOf(error)])),
  ];
  if (differences.length === 0) rmSync(dataDir, { recursive: true });
  return {
    point: nameOf(point),
    what: `${effect}${isLasting ? " from there on" : ""}`,
    isReached: isKill ? ended.signal === "SIGKILL" && !ended.isLate : isInjected(ended),
    acknowledged: acknowledged.length,
    differences,
    kept: differences.length === 0 ? null : dataDir,
  };
}

function lay({ dataDir: from }: Base, to: string): void {
  if (from === null) return;
  cpSync(from, to, { recursive: true });
  chmodSync(to, statSync(from).mode);
}

async function pointsFrom(host: BundledHost, base: Base, dataDir: string): Promise<Point[]> {
  lay(base, dataDir);
  const points = await pointsOf(host, { dataDir, ...base.run });
  rmSync(dataDir, { recursive: true });
  return points;
}

async function killedBase(
  host: BundledHost,
  { points, seed, dataDir }: { points: readonly Point[]; seed: number; dataDir: string },
): Promise<Base> {
  const most = new Map<string, number>();
  for (const { place, call, nth } of points) most.set(`${place} ${call}`, nth);
  const late = points.filter(
    ({ place, call, nth }) =>
      ["log", "state.sqlite"].includes(place) && nth > recoveryFrom * (most.get(`${place} ${call}`) ?? 0),
  );
  const point = drawsFrom(hash32(seed, 1)).pick(late);
  const ended = await runHost(host, { dataDir, first: 0, until: requests }, faultAt(point, dataDir, kill));
  return { dataDir, acknowledged: ended.acknowledged, run: { first: requests, until: requests } };
}

function errorAt({ index, call }: Point, seed: number): { effect: string; isLasting: boolean } {
  const draws = drawsFrom(hash32(seed, index, 2));
  const error = draws.pick(syncing.test(call) ? errorsOfSyncs : errorsOfOthers);
  return { effect: `error=${error}`, isLasting: draws.chance(0.5) };
}

function isInjected({ trace }: HostEnded): boolean {
  return trace.includes("(INJECTED)");
}

function wrongEndOfKilled({ code, signal, stderr, isLate }: HostEnded): string[] {
  if (isLate) return ["it hung"];
  return signal === "SIGKILL" || code === 0 ? [] : [`it ended with ${code ?? signal}: ${stderr.slice(-500)}`];
}

/** A process may end by itself on an error, with exit code 1 and a word. */
function wrongEnd({ code, signal, stderr, isLate }: HostEnded): string[] {
  if (isLate) return ["it hung"];
  if (signal !== null) return [`it was ended by ${signal}: ${stderr.slice(-500)}`];
  const isTold = code === 0 ? stderr === "" : code === 1 && /^error: (?!unknown)\S.*\n$/.test(stderr);
  return isTold ? [] : [`it ended with ${code}, and said: ${stderr.slice(-500)}`];
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

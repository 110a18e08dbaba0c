import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyedHash } from "../../src/model/keyedHash.ts";
import { drawsFrom, hash32, type Draws } from "../../src/simulator/draws.ts";
import type { AccessStore } from "../../src/storage/access.ts";
import { Gates } from "./gates.ts";
import { SimulatedDisk } from "./simulatedDisk.ts";
import { TreeInMemory } from "./treeInMemory.ts";

export const hash = keyedHash(Buffer.alloc(32, 7));
export const homeCurrency = "GBP";
const start = Date.UTC(2026, 0, 1);

/** What a seed is like, so that schedules differ in kind: some see few faults and many events, some the opposite. */
export interface Temper {
  steps: number;
  /** How soon what waits goes on, against how much else happens meanwhile. */
  haste: number;
  /** Of an operation that may fail. */
  faultChance: number;
  /** What goes wrong more often than all else. */
  weakSpot: RegExp | null;
  killWeight: number;
  maxBatchRecords: number;
  maxPendingRecords: number;
  maxPendingBytes: number;
  segmentBytes: number;
  customers: number;
  /** Of the feed: kept behind the slowest follower, and in all. */
  feedSlack: number;
  feedMost: number;
}

export function temperOf(seed: number): Temper {
  const draws = drawsFrom(hash32(seed, -1));
  return {
    steps: draws.chance(0.7) ? draws.between(15, 50) : draws.between(50, 120),
    haste: draws.pick([15, 40, 100]),
    faultChance: draws.pick([0, 0.05, 0.15]),
    weakSpot: draws.pick([
      null,
      /^the log (writes|syncs)/,
      /^a decision/,
      /^a decision/,
      /^messages/,
      /^(search|copier)/,
      /opens$/,
    ]),
    killWeight: draws.pick([0, 1, 3]),
    maxBatchRecords: draws.pick([1, 3, 8, 40]),
    maxPendingRecords: draws.pick([6, 20, 60]),
    maxPendingBytes: draws.pick([16_000, 64_000]),
    segmentBytes: draws.pick([1_500, 4_000, 100_000]),
    customers: draws.between(2, 6),
    feedSlack: draws.pick([0, 4]),
    feedMost: draws.pick([6, 25, 1_000]),
  };
}

/** What a process finds when it starts, and everything outside of it. */
export interface World {
  readonly seed: number;
  readonly temper: Temper;
  readonly folder: string;
  readonly gates: Gates;
  readonly disk: SimulatedDisk;
  readonly tree: TreeInMemory;
  /** Nobody asks it anything: whose calls they are is known here. */
  readonly access: AccessStore;
  /** UTC ms; goes both ways. */
  now: number;
  hasRoom: boolean;
  /** Nothing fails any more, and batches are as large as they get. */
  isComingToRest: boolean;
  /** Of everything that is named: messages, processes, rebuilds. */
  made: number;
}

const weakSpotChance = 0.5;

export function faultChanceOf({ faultChance, weakSpot }: Temper, what: string): number {
  return weakSpot?.test(what) === true ? weakSpotChance : faultChance;
}

export function openWorld(seed: number, access: AccessStore): World {
  const gates = new Gates();
  return {
    seed,
    temper: temperOf(seed),
    folder: mkdtempSync(join(memoryFolder(), "c360-simulation-")),
    gates,
    disk: new SimulatedDisk(gates),
    tree: new TreeInMemory(),
    access,
    now: start,
    hasRoom: true,
    isComingToRest: false,
    made: 0,
  };
}

export function logFolder({ folder }: World): string {
  return join(folder, "log");
}
export function stateFileOf({ folder }: World): string {
  return join(folder, "state.sqlite");
}
export function searchFileOf({ folder }: World): string {
  return join(folder, "search.sqlite");
}

/** Whether there is anything of the state yet. */
export function hasState(world: World): boolean {
  return existsSync(stateFileOf(world));
}

export function closeWorld({ folder }: World): void {
  rmSync(folder, { recursive: true, force: true });
}

/** What is drawn at a step depends on nothing but the seed and the step, so that steps can be left out. */
export function drawsOf(world: Pick<World, "seed">, step: number): Draws {
  return drawsFrom(hash32(world.seed, step, 1));
}

/** Files that are never synced lie in memory where there is a folder for it. */
function memoryFolder(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}

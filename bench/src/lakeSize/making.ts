import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyedHash } from "../../../platform/src/model/keyedHash.ts";
import { dataPaths, hashKeyOf, makeDataDirectory } from "../../../platform/src/runtime/dataDirectory.ts";
import { makeLake } from "./makeLake.ts";
import { makeKeys, makeLog } from "./makeLog.ts";
import { makeState, type Truth } from "./makeState.ts";
import type { LakePlan } from "./plan.ts";

/** Beside the data: what was made, and how many events a load has sent since. */
export interface Made {
  version: number;
  plan: LakePlan;
  seconds: number;
  /** Events that the state was folded from. */
  decided: number;
  truth: Truth;
  /** Profiles, orders and search were copied from the state, and answers held against the truth. */
  isCopied: boolean;
  sent: number;
  /** Bytes by part of the data directory, before anything was sent; null until it was looked at. */
  disk: Record<string, number> | null;
}

/** Raised when another history is made of the same plan. */
const version = 1;

export function madeIn(directory: string): Made | null {
  const file = markOf(directory);
  if (!existsSync(file)) return null;
  const made = JSON.parse(readFileSync(file, "utf8")) as Made;
  if (made.version !== version) throw new Error(`${directory} was made by another version: remove it`);
  return made;
}

export function noteMade(directory: string, made: Made): void {
  const file = markOf(directory);
  writeFileSync(`${file}.new`, `${JSON.stringify(made)}\n`);
  renameSync(`${file}.new`, file);
}

/** Fills `directory`/data; what an interrupted making left there is removed first. */
export async function make(directory: string, plan: LakePlan, say: (line: string) => void): Promise<Made> {
  const startedAt = performance.now();
  const dataDir = join(directory, "data");
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  makeDataDirectory(dataDir);
  const paths = dataPaths(dataDir);
  const hash = keyedHash(await hashKeyOf(paths));
  const timed = async <T>(part: string, work: Promise<T>): Promise<T> => {
    const result = await work;
    say(`${part} made after ${Math.round((performance.now() - startedAt) / 1_000)} s`);
    return result;
  };
  const [, , , state] = await Promise.all([
    timed("lake", makeLake({ directory: paths.analytics, plan, hash, say })),
    timed("log", makeLog(paths.log, plan, hash)),
    timed("message index", makeKeys(paths.messages, plan, say)),
    timed("state", makeState(paths.state, plan, hash, say)),
  ]);
  const made = {
    version,
    plan,
    seconds: (performance.now() - startedAt) / 1_000,
    ...state,
    isCopied: false,
    sent: 0,
    disk: null,
  };
  noteMade(directory, made);
  return made;
}

function markOf(directory: string): string {
  return join(directory, "made.json");
}

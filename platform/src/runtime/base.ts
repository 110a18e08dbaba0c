import { existsSync, rmSync } from "node:fs";
import { keptFromOf } from "../adapters/embedded/base/keptFrom.ts";
import { firstSegmentOf, hasBase, readBase } from "../adapters/embedded/base/manifest.ts";
import { removeUntaken, takeBase } from "../adapters/embedded/base/takeBase.ts";
import { listSegments } from "../adapters/embedded/eventLog/segmentFiles.ts";
import { openStateFile } from "../adapters/embedded/state/schema.ts";
import { segmentOf, type Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import { hashKeyOf, type DataPaths } from "./dataDirectory.ts";
import { foldedWith } from "./foldedWith.ts";
import type { Settings } from "./settings.ts";

/**
 * Before a state is folded that is not there yet: where the log's beginning is gone, it begins as a copy of the base.
 * Problem 409 `base_older`, `base_newer`, `base_settings`: what is gone cannot be folded again in another way; 500
 * `base_damaged`, `log_beginning_missing`.
 */
export async function beginState(
  { homeCurrency }: Pick<Settings, "homeCurrency">,
  live: DataPaths,
  stateFile: string,
): Promise<void> {
  removeUntaken(stateFile);
  if (existsSync(stateFile)) return refuseMissingBefore(live, keptFromOf(stateFile));
  const base = readBase(live.base);
  await refuseMissingBefore(live, null);
  if (base === null) return;
  await takeBase(live.base, base, await hashKeyOf(live), stateFile);
  try {
    openStateFile(stateFile, foldedWith(homeCurrency)).close();
  } catch (error) {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${stateFile}${suffix}`, { force: true });
    throw ofBase(error);
  }
}

/**
 * Problem 500 `log_beginning_missing`: to fold the rest would give another state, and say nothing of it. `keptFrom`: what
 * the state was told; null: there is none to go on with, and what the base says counts.
 */
async function refuseMissingBefore(paths: DataPaths, keptFrom: Position | null): Promise<void> {
  const wanted = keptFrom === null ? firstSegmentOf(readBase(paths.base)) : segmentOf(keptFrom);
  const [first = wanted] = await listSegments(paths.log);
  if (first <= wanted) return;
  const isInBase = hasBase(paths.base) && first <= firstSegmentOf(readBase(paths.base));
  const what = isInBase
    ? `the log begins with segment ${first}, and the state has nothing of what was in the segments from ${wanted} on`
    : `the log begins with segment ${first}, and nothing has what was in the segments from ${wanted} on`;
  throw new Problem(500, "log_beginning_missing", what, { hint: isInBase ? fromBase : fromElsewhere });
}

const fromBase = "fold the log again, on from the base: c360 rebuild";
const fromElsewhere =
  "copy the missing files (and the folder base) back, or restore a backup: c360 restore FOLDER --data-dir NEW";

const baseHints: Readonly<Record<string, string>> = {
  state_older: "go on with the version that wrote it: this one does not know how to take it over",
  state_newer: "run the version that wrote it, or a newer one",
  state_settings: "go back to that setting: the events that would have to be folded anew are deleted",
};

function ofBase(error: unknown): unknown {
  if (!(error instanceof Problem) || baseHints[error.code] === undefined) return error;
  const message = `the log's beginning is deleted, and of what it came to (base): ${error.message}`;
  return new Problem(409, error.code.replace("state_", "base_"), message, { hint: baseHints[error.code] ?? "" });
}

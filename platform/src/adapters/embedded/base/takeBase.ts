import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { contentOf, copyContent, paceOf, syncDirectory, syncFile, type Pace } from "../backup/copyFile.ts";
import { keyName } from "../backup/manifest.ts";
import { feedIdName } from "../state/schema.ts";
import { baseDamaged, type Base } from "./manifest.ts";

/**
 * Makes `stateFile`, which is not there, a copy of the base, from which the log is folded on. It has a feed of its own:
 * who followed another one copies everything. It has its name once all of it is durable, by one rename. Problem 500
 * `base_damaged`.
 */
export async function takeBase(directory: string, base: Base, hashKey: Uint8Array, stateFile: string): Promise<void> {
  if (base.key !== keyName(hashKey)) throw baseDamaged("it was made with another hash.key");
  removeUntaken(stateFile);
  try {
    await copyBase(directory, base, untaken(stateFile));
    giveOwnFeed(untaken(stateFile));
    syncFile(untaken(stateFile));
  } catch (error) {
    removeUntaken(stateFile);
    throw error;
  }
  renameSync(untaken(stateFile), stateFile);
  await syncDirectory(dirname(stateFile));
}

/** What {@link takeBase} left that ended early. */
export function removeUntaken(stateFile: string): void {
  for (const suffix of ["", "-journal"]) rmSync(`${untaken(stateFile)}${suffix}`, { force: true });
}

function untaken(stateFile: string): string {
  return `${stateFile}.new`;
}

async function copyBase(directory: string, base: Base, to: string): Promise<void> {
  const fd = opened(directory, base);
  try {
    const { sha256 } = await copyContent(fd, to, null, { pace: paceOf(null) });
    if (sha256 !== base.sha256) throw baseDamaged(`${base.file} does not have its checksum`);
  } finally {
    closeSync(fd);
  }
}

function giveOwnFeed(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("BEGIN IMMEDIATE; DELETE FROM feed");
    database.prepare("DELETE FROM folded_with WHERE name = ?").run(feedIdName);
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}

/** What is wrong with the base's file, read at the pace; null where it is as it was made. */
export async function baseFault(directory: string, base: Base, pace: Pace = paceOf(null)): Promise<string | null> {
  try {
    const { bytes, sha256 } = await contentOf(join(directory, base.file), { pace });
    if (bytes !== base.bytes) return `it has ${bytes} bytes instead of ${base.bytes}`;
    return sha256 === base.sha256 ? null : "it does not have its checksum";
  } catch (error) {
    return `it cannot be read: ${error instanceof Error && "code" in error ? String(error.code) : "unknown"}`;
  }
}

function opened(directory: string, { file }: Base): number {
  try {
    return openSync(join(directory, file), "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw baseDamaged(`${file} is missing`);
    throw error;
  }
}

import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { contentOf, copyContent, paceOf, type CopyOptions } from "../backup/copyFile.ts";
import { keyName } from "../backup/manifest.ts";
import { feedIdName } from "../state/schema.ts";
import { baseDamaged, type Base } from "./manifest.ts";

/**
 * Makes `stateFile`, which is not there, a copy of the base, from which the log is folded on. It has a feed of its own:
 * who followed another one copies everything. Problem 500 `base_damaged`.
 */
export async function takeBase(directory: string, base: Base, hashKey: Uint8Array, stateFile: string): Promise<void> {
  if (base.key !== keyName(hashKey)) throw baseDamaged("it was made with another hash.key");
  const options: CopyOptions = { pace: paceOf(null) };
  const fd = opened(directory, base);
  try {
    const { sha256 } = await copyContent(fd, stateFile, null, options);
    if (sha256 !== base.sha256) throw baseDamaged(`${base.file} does not have its checksum`);
  } catch (error) {
    rmSync(stateFile, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  const database = new DatabaseSync(stateFile);
  try {
    database.exec("BEGIN IMMEDIATE; DELETE FROM feed");
    database.prepare("DELETE FROM folded_with WHERE name = ?").run(feedIdName);
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}

/** What is wrong with the base's file; null where it is as it was made. */
export async function baseFault(directory: string, base: Base): Promise<string | null> {
  try {
    const { bytes, sha256 } = await contentOf(join(directory, base.file), { pace: paceOf(null) });
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

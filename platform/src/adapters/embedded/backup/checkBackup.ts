import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Problem } from "../../../model/problem.ts";
import { contentOf, paceOf } from "./copyFile.ts";
import { readManifest, type Manifest, type StoredFile } from "./manifest.ts";

export interface CheckedBackup {
  readonly manifest: Manifest;
  /** What is not as the manifest says, by file; empty: all of it can be restored. */
  readonly faults: string[];
}

/**
 * Reads the whole backup and compares it with its manifest; changes nothing. Problem 404 `backup_missing`, and those of
 * {@link readManifest}.
 */
export async function checkBackup(
  given: string,
  onProgress: (doneBytes: number, totalBytes: number) => void = () => undefined,
): Promise<CheckedBackup> {
  const directory = resolve(given);
  const manifest = readManifest(directory);
  if (manifest === null) {
    throw new Problem(404, "backup_missing", `There is no whole backup in ${directory}.`, {
      hint: "Name the folder that was given to c360 backup. One that never finished has no manifest.json.",
    });
  }
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const onBytes = (bytes: number): void => {
    done += bytes;
    onProgress(done, total);
  };
  const faults: string[] = [];
  for (const file of manifest.files) {
    const fault = await faultOf(directory, file, onBytes);
    if (fault !== null) faults.push(`${file.stored}: ${fault}`);
  }
  return { manifest, faults };
}

async function faultOf(
  directory: string,
  { stored, bytes, sha256 }: StoredFile,
  onBytes: (bytes: number) => void,
): Promise<string | null> {
  const file = join(directory, stored);
  try {
    const size = statSync(file).size;
    if (size !== bytes) return `it has ${size} bytes instead of ${bytes}`;
    const content = await contentOf(file, { pace: paceOf(null), onBytes });
    return content.sha256 === sha256 ? null : "its content is not what was stored";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "") throw error;
    return code === "ENOENT" ? "it is missing" : `it cannot be read (${code})`;
  }
}

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { Problem } from "../model/problem.ts";

export { findServer } from "../adapters/embedded/directoryLock.ts";

/** What lies where under the data directory (docs/formats). Only names without personal data. */
export interface DataPaths {
  log: string;
  state: string;
  messages: string;
  analytics: string;
  search: string;
  access: string;
  hashKey: string;
}

export function dataPaths(dataDir: string): DataPaths {
  return {
    log: join(dataDir, "log"),
    state: join(dataDir, "state.sqlite"),
    messages: join(dataDir, "messages"),
    analytics: join(dataDir, "analytics"),
    search: join(dataDir, "search.sqlite"),
    access: join(dataDir, "access.sqlite"),
    hashKey: join(dataDir, "hash.key"),
  };
}

const hashKeyBytes = 32;

/**
 * The key of all keyed hashes, made on the first start, mode 0600. Everything stored depends on it, so a damaged one
 * stops the start instead of being made anew.
 */
export function hashKeyOf(paths: DataPaths): Uint8Array {
  const key = readOrNull(paths.hashKey);
  if (key !== null) {
    if (key.length === hashKeyBytes) return key;
    throw new Problem(500, "hash_key_damaged", `hash.key holds ${key.length} bytes instead of ${hashKeyBytes}`, {
      hint: "restore it from a backup of the data directory",
    });
  }
  const made = randomBytes(hashKeyBytes);
  writeFileSync(`${paths.hashKey}.new`, made, { mode: 0o600, flush: true });
  renameSync(`${paths.hashKey}.new`, paths.hashKey);
  return made;
}

function readOrNull(file: string): Uint8Array | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

export function makeDataDirectory(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
}

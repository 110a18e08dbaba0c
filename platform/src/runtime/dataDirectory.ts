import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { openEventLogReader } from "../adapters/embedded/eventLog/reader.ts";
import { listSegments } from "../adapters/embedded/eventLog/segmentFiles.ts";
import { logSummary } from "../adapters/embedded/eventLog/summary.ts";
import type { StoredRecord } from "../buffer/eventBuffer.ts";
import { keyedHash, messageKeyOf } from "../model/keyedHash.ts";
import { decodeRecord } from "../model/logRecord.ts";
import { Problem } from "../model/problem.ts";
import { platformVersion } from "../model/version.ts";

export { findServer } from "../adapters/embedded/directoryLock.ts";

/** What lies where under the data directory (docs/formats). Only names without personal data. */
export interface DataPaths {
  log: string;
  state: string;
  messages: string;
  analytics: string;
  search: string;
  /** Profiles as linkage compares them: a copy. */
  linkage: string;
  /** The review queue: what people answered, runs and models. */
  reviews: string;
  /** Notes of replays. */
  replays: string;
  access: string;
  hashKey: string;
  /** What a log without its beginning is folded on from. */
  base: string;
}

export function dataPaths(dataDir: string): DataPaths {
  return {
    log: join(dataDir, "log"),
    state: join(dataDir, "state.sqlite"),
    messages: join(dataDir, "messages"),
    analytics: join(dataDir, "analytics"),
    search: join(dataDir, "search.sqlite"),
    linkage: join(dataDir, "linkage.sqlite"),
    reviews: join(dataDir, "reviews.sqlite"),
    replays: join(dataDir, "replays"),
    access: join(dataDir, "access.sqlite"),
    hashKey: join(dataDir, "hash.key"),
    base: join(dataDir, "base"),
  };
}

/** Where a rebuild works; what a killed one left there is nobody's. */
export function rebuildFolder(dataDir: string): string {
  return join(dataDir, "rebuilding");
}

/** What linkages have no memory for; what a killed one left there is nobody's. */
export function linkingFolder(dataDir: string): string {
  return join(dataDir, "linking");
}

const hashKeyBytes = 32;

/**
 * The key of all keyed hashes, made on the first start, mode 0600. Everything stored depends on it: under another one,
 * events that are sent again would count again. So where the log has segments, a missing, damaged or foreign key stops
 * the start (Problem 500 `hash_key_missing`, `hash_key_damaged`, `hash_key_foreign`) instead of being made anew.
 */
export async function hashKeyOf(paths: DataPaths): Promise<Uint8Array> {
  const key = readOrNull(paths.hashKey);
  if (key === null) {
    if ((await listSegments(paths.log)).length === 0) return newHashKey(paths.hashKey);
    throw unusableKey("hash_key_missing", "hash.key is missing, and the event log was written with it");
  }
  if (key.length !== hashKeyBytes) {
    throw unusableKey("hash_key_damaged", `hash.key holds ${key.length} bytes instead of ${hashKeyBytes}`);
  }
  if (await isForeign(key, paths.log)) {
    throw unusableKey("hash_key_foreign", "hash.key is not the key that the event log was written with");
  }
  return key;
}

function newHashKey(file: string): Uint8Array {
  const made = randomBytes(hashKeyBytes);
  writeFileSync(`${file}.new`, made, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return made;
}

function unusableKey(code: string, message: string): Problem {
  return new Problem(500, code, message, { hint: "restore it from a backup of the data directory" });
}

/** Records at the log's beginning that are looked at: one that can be read tells. */
const maxProbedRecords = 50;
const maxProbedBytes = 1 << 20;

async function isForeign(key: Uint8Array, logDirectory: string): Promise<boolean> {
  const { first, end } = await logSummary(logDirectory);
  const reader = openEventLogReader(logDirectory);
  try {
    const { records } = await reader.read(first, end, maxProbedRecords, maxProbedBytes);
    const known = records.flatMap((record) => messageKeyIn(record, key) ?? []);
    return known.length > 0 && known.every((isSame) => !isSame);
  } finally {
    await reader.close();
  }
}

/** Whether the record's header has the hash of its message under `key`; null where the record cannot be read. */
function messageKeyIn({ payload, message }: StoredRecord, key: Uint8Array): boolean | null {
  try {
    const { source, messageId } = decodeRecord(payload);
    return messageKeyOf(keyedHash(key), source, messageId) === message;
  } catch {
    return null;
  }
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

/** A directory that a restore has begun to fill holds this file. */
export const unfinishedRestoreMark = "restoring";

/** Problem 409 `restore_unfinished`: what is in the directory is a part of something. */
export function refuseUnfinishedRestore(dataDir: string): void {
  if (!existsSync(join(dataDir, unfinishedRestoreMark))) return;
  throw new Problem(409, "restore_unfinished", `A restore into ${dataDir} did not finish.`, {
    hint: "Run the same c360 restore again: it begins anew.",
  });
}

const programFile = "program.json";

/** Leaves the version of this program, for the words of an older one that cannot read what this one writes. */
export function noteProgram(dataDir: string): void {
  if (programOf(dataDir) === platformVersion) return;
  const file = join(dataDir, programFile);
  writeFileSync(`${file}.new`, `${JSON.stringify({ version: platformVersion })}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function programOf(dataDir: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(join(dataDir, programFile), "utf8")) as { version?: unknown };
    return typeof version === "string" && /^[\w.+-]{1,40}$/.test(version) ? version : null;
  } catch {
    return null;
  }
}

/** Where `work` meets a file of a newer format, its Problem also says which program wrote here last. */
export async function tellingProgram<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const by = programOf(dataDir);
    if (!(error instanceof Problem) || !error.code.endsWith("_newer") || by === null) throw error;
    const { status, code, message, hint } = error;
    const told = `${message.replace(/\.$/, "")}. Version ${by} wrote here last; this is ${platformVersion}.`;
    throw new Problem(status, code, told, hint === undefined ? {} : { hint });
  }
}

import { mkdirSync, renameSync, rmSync } from "node:fs";
import { openDecided } from "../adapters/embedded/decided.ts";
import { openEventLogReader } from "../adapters/embedded/eventLog/reader.ts";
import { listSegments } from "../adapters/embedded/eventLog/segmentFiles.ts";
import { logSummary } from "../adapters/embedded/eventLog/summary.ts";
import { openMessageIndex } from "../adapters/embedded/messages/messageIndex.ts";
import { compareStates } from "../adapters/embedded/state/compareStates.ts";
import { openStateStore } from "../adapters/embedded/state/stateStore.ts";
import type { EventBufferReader } from "../buffer/eventBuffer.ts";
import { defaultIdentityRules } from "../identity/index.ts";
import { createIngestionLoop, recordsAt } from "../ingestion/index.ts";
import { keyedHash, type KeyedHash } from "../model/keyedHash.ts";
import type { Position } from "../model/position.ts";
import { beginState } from "./base.ts";
import {
  dataPaths,
  hashKeyOf,
  noteProgram,
  rebuildFolder,
  refuseUnfinishedRestore,
  tellingProgram,
  type DataPaths,
} from "./dataDirectory.ts";
import { tellingDiskFull } from "./diskFull.ts";
import { foldedWith } from "./foldedWith.ts";
import { lockDirectory } from "../adapters/embedded/directoryLock.ts";
import type { IdentityAndProfiles } from "../storage/identityAndProfiles.ts";
import type { MessageIndex } from "../storage/messageIndex.ts";
import type { Settings } from "./settings.ts";

export interface Rebuilt {
  records: number;
  /** Where the live state is not what the log gives; empty when they agree to the byte. */
  differences: string[];
}

export interface RebuildOptions {
  verify: boolean;
  progress: (done: number, total: number) => void;
}

/**
 * Folds the log again from its first record (on from the base, where its beginning is gone), in a directory beside the
 * live state. With `verify` the two are compared
 * and the new one is thrown away; without, it takes the live one's place (and analytics follows it from the start).
 * Needs the data directory for itself.
 */
export async function rebuildPlatform(settings: Settings, options: RebuildOptions): Promise<Rebuilt> {
  const { dataDir } = settings;
  return tellingDiskFull(dataDir, () => tellingProgram(dataDir, () => rebuildOn(settings, options)));
}

async function rebuildOn(settings: Settings, options: RebuildOptions): Promise<Rebuilt> {
  refuseUnfinishedRestore(settings.dataDir);
  const lock = await lockDirectory(settings.dataDir);
  const live = dataPaths(settings.dataDir);
  const folder = rebuildFolder(settings.dataDir);
  const fresh = { ...dataPaths(folder), log: live.log, hashKey: live.hashKey, base: live.base };
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // The live state may lag behind the log (after a crash): bring it to the end first, as a start would.
    if (options.verify && (await isBehind(settings, live))) await foldLog(settings, live, () => undefined);
    await beginState(settings, live, fresh.state);
    const records = await foldLog(settings, fresh, options.progress);
    if (!options.verify) {
      takePlace(fresh, live);
      noteProgram(settings.dataDir);
    }
    const hash = keyedHash(await hashKeyOf(live));
    const differences = options.verify
      ? await compareStates({ live: live.state, fresh: fresh.state, hash, homeCurrency: settings.homeCurrency })
      : [];
    return { records, differences };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await lock.release();
  }
}

/** Opened as a start would: of another version, or folded with other settings, it cannot be compared. */
async function isBehind(settings: Settings, paths: DataPaths): Promise<boolean> {
  const hash = keyedHash(await hashKeyOf(paths));
  const { end } = await logSummary(paths.log);
  const store = openStateStore({ file: paths.state, hash, foldedWith: foldedWith(settings.homeCurrency) });
  try {
    return (await store.position()) < end;
  } finally {
    await store.close();
  }
}

/** Decides what of the log the state has not decided yet; gives how many records that were. */
export async function foldLog(
  settings: Settings,
  paths: DataPaths,
  progress: RebuildOptions["progress"],
): Promise<number> {
  const hash = keyedHash(await hashKeyOf(paths));
  const { end } = await logSummary(paths.log);
  const store = openStateStore({ file: paths.state, hash, foldedWith: foldedWith(settings.homeCurrency) });
  const opened: (() => Promise<void> | void)[] = [() => store.close()];
  try {
    const decided = openDecided({ file: paths.state, hash, homeCurrency: settings.homeCurrency });
    opened.push(() => decided.close());
    const log = openEventLogReader(paths.log);
    const lookups = openEventLogReader(paths.log);
    opened.push(
      () => log.close(),
      () => lookups.close(),
    );
    const from = await store.position();
    const [firstSegment = 0] = await listSegments(paths.log);
    const messages = await openMessageIndex({
      directory: paths.messages,
      log: lookups,
      decided: from,
      keptFrom: (await store.kept()).from,
      firstSegment,
      notProcessed: decided.notProcessed,
    });
    opened.push(() => messages.close());
    return await fold({ settings, hash, store, log, lookups, messages, from, end, progress });
  } finally {
    for (const close of opened.toReversed()) await close();
  }
}

interface FoldParts {
  settings: Settings;
  hash: KeyedHash;
  store: IdentityAndProfiles;
  log: EventBufferReader;
  lookups: EventBufferReader;
  messages: MessageIndex;
  from: Position;
  end: Position;
  progress: RebuildOptions["progress"];
}

async function fold({ settings, from, end, progress, lookups, ...parts }: FoldParts): Promise<number> {
  let records = 0;
  let failure: unknown = null;
  const loop = await createIngestionLoop({
    ...parts,
    recordsAt: (positions) => recordsAt(lookups, positions),
    rules: defaultIdentityRules,
    homeCurrency: settings.homeCurrency,
    now: Date.now,
    onDecided: (position: Position, count) => {
      records += count;
      progress(position - from, end - from);
    },
    onTrouble: (error) => {
      failure = error;
    },
    sleep: async () => {
      // A rebuild has somebody who waits for it: it fails with the reason instead of trying for ever.
      throw failure;
    },
  });
  await loop.run(end);
  return records;
}

/**
 * State and message index change place together; analytics, search and the index of
 * records are derived and start over. The state last, in
 * one step: until then the old one is there, and whatever ends this early is made up for by doing it again.
 */
function takePlace(fresh: DataPaths, live: DataPaths): void {
  rmSync(live.analytics, { recursive: true, force: true });
  rmSync(live.messages, { recursive: true, force: true });
  for (const suffix of ["", "-wal", "-shm"]) {
    rmSync(`${live.search}${suffix}`, { force: true });
    rmSync(`${live.linkage}${suffix}`, { force: true });
  }
  renameSync(fresh.messages, live.messages);
  for (const suffix of ["-wal", "-shm"]) rmSync(`${live.state}${suffix}`, { force: true });
  renameSync(fresh.state, live.state);
}

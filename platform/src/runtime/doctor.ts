import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { openDecided } from "../adapters/embedded/decided.ts";
import { findServer, lockDirectory, type DirectoryLock } from "../adapters/embedded/directoryLock.ts";
import { openAnalyticsCheck } from "../adapters/embedded/doctor/checkAnalytics.ts";
import { checkAccess, checkSearch } from "../adapters/embedded/doctor/checkCopies.ts";
import { checkLinkage, checkReviews } from "../adapters/embedded/doctor/checkReviews.ts";
import { checkBase } from "../adapters/embedded/doctor/checkBase.ts";
import { checkFiles } from "../adapters/embedded/doctor/checkFiles.ts";
import { checkLog, type LogFacts, type LogObserver } from "../adapters/embedded/doctor/checkLog.ts";
import { openMessagesCheck } from "../adapters/embedded/doctor/checkMessages.ts";
import { checkState, openCheckedState, type StateFacts } from "../adapters/embedded/doctor/checkState.ts";
import {
  examination,
  rebuild,
  type Examination,
  type Finding,
  type Part,
  type PartReport,
} from "../adapters/embedded/doctor/report.ts";
import { keyedHash } from "../model/keyedHash.ts";
import type { Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import { dataPaths, hashKeyOf, refuseUnfinishedRestore, type DataPaths } from "./dataDirectory.ts";
import { rebuildPlatform } from "./rebuild.ts";
import type { Settings } from "./settings.ts";

export type { Finding, PartReport } from "../adapters/embedded/doctor/report.ts";

export interface Examined {
  /** Whether a server ran on it: then what only that server can open was not looked at. */
  isServed: boolean;
  checks: PartReport[];
  findings: Finding[];
}

export interface ExamineOptions {
  /** Also every message of the index, and the state against the log folded again. Needs the directory for itself. */
  isDeep: boolean;
  progress: (step: "reading the log" | "folding the log", done: number, total: number) => void;
}

const servedBy = "a server has it open; stop the server to have it checked";

/**
 * Looks at everything in a data directory, beside a running server or without one, and changes nothing in it (`isDeep`
 * brings a state that is behind the log up to it, as a start would). Problem 404 `data_dir_missing`, 409
 * `data_dir_in_use` for `isDeep` beside a server, `restore_unfinished`.
 */
export async function examineDirectory(settings: Settings, options: ExamineOptions): Promise<Examined> {
  const { dataDir } = settings;
  if (!existsSync(dataDir)) {
    throw new Problem(404, "data_dir_missing", `There is no data at ${dataDir}.`, {
      hint: "Name the directory with --data-dir or C360_DATA_DIR.",
    });
  }
  refuseUnfinishedRestore(dataDir);
  const isServed = findServer(dataDir) !== null;
  if (isServed && options.isDeep) {
    throw new Problem(409, "data_dir_in_use", `A process holds ${dataDir}; --deep needs it for itself.`, {
      hint: "Stop the server first, or leave out --deep.",
    });
  }
  const exam = examination();
  checkFiles(dataDir, { isServed }, exam.of("files"));
  const lock = isServed ? null : await lockIfWritable(dataDir);
  try {
    await examineParts({ settings, options, exam, isServed });
  } finally {
    await lock?.release();
  }
  if (options.isDeep) await foldAndCompare(settings, options, exam);
  return { isServed, checks: exam.checks(), findings: exam.findings() };
}

/** A directory that cannot be written (a full disk) can be looked at all the same. */
async function lockIfWritable(dataDir: string): Promise<DirectoryLock | null> {
  try {
    return await lockDirectory(dataDir);
  } catch (error) {
    if (error instanceof Problem && error.code === "data_dir_unusable") return null;
    throw error;
  }
}

interface Parts {
  settings: Settings;
  options: ExamineOptions;
  exam: Examination;
  isServed: boolean;
}

async function examineParts({ settings, options, exam, isServed }: Parts): Promise<void> {
  const paths = dataPaths(settings.dataDir);
  await checkKey(paths, exam);
  const opened = existsSync(paths.state) ? openCheckedState(paths.state, exam.of("state")) : null;
  if (!existsSync(paths.state)) exam.of("state").checked("there is none; the next start makes it from the log");
  const state = opened?.facts ?? null;
  const workFolder = isServed ? null : workFolderIn(settings.dataDir);
  const followers = await openFollowers({ settings, options, exam, isServed, state, workFolder });
  try {
    const log = await readLog(paths.log, { options, exam, isServed, observers: followers.observers });
    await checkBase(paths.base, log, exam.of("base"));
    if (opened !== null) checkState(opened.database, opened.facts, log, exam.of("state"));
    await followers.finish(log.isWhole);
  } finally {
    opened?.database.close();
    await followers.close();
    if (workFolder !== null) rmSync(workFolder, { recursive: true, force: true });
  }
  checkSearch(paths.search, isServed ? null : state, exam.of("search"));
  checkLinkage(paths.linkage, isServed ? null : state, exam.of("linkage"));
  checkReviews(paths.reviews, exam.of("reviews"));
  if (isServed) exam.of("access").notChecked(servedBy);
  else checkAccess(paths.access, exam.of("access"));
}

function workFolderIn(dataDir: string): string | null {
  const folder = join(dataDir, "examining");
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  } catch {
    return null;
  }
}

async function checkKey(paths: DataPaths, exam: Examination): Promise<void> {
  const report = exam.of("hash.key");
  const hasLog = existsSync(paths.log) && readdirSync(paths.log).some((name) => name.endsWith(".log"));
  if (!existsSync(paths.hashKey) && !hasLog) return report.checked("there is none, and no log");
  try {
    await hashKeyOf(paths);
    report.checked("the log was written with it");
  } catch (error) {
    const isKeys = error instanceof Problem && error.code.startsWith("hash_key_");
    // The log's own damage is told of the log.
    if (!isKeys) return report.notChecked("the beginning of the log cannot be read");
    const todo = "copy it back from a backup (hash-….key); nothing else can make it again";
    report.find("data", { where: "hash.key", what: error.message, todo });
    report.checked("it does not fit");
  }
}

interface Followers {
  observers: LogObserver[];
  finish(isWhole: boolean): Promise<void>;
  close(): Promise<void>;
}

/** What is compared with the log while that is read: which messages are known, and which events SQL has. */
async function openFollowers(
  parts: Parts & { state: StateFacts | null; workFolder: string | null },
): Promise<Followers> {
  const { exam, isServed, state, workFolder, settings, options } = parts;
  if (isServed || state === null || workFolder === null) {
    const why = isServed ? servedBy : state === null ? "the state cannot be read" : "the directory cannot be written";
    exam.of("messages").notChecked(why);
    exam.of("analytics").notChecked(why);
    return { observers: [], finish: async () => undefined, close: async () => undefined };
  }
  const paths = dataPaths(settings.dataDir);
  // Only fates are asked for, which no key is needed for.
  const decided = openDecided({ file: paths.state, hash: keyedHash(new Uint8Array()), homeCurrency: "" });
  const notProcessed = orNone(decided.notProcessed);
  const messages = await openMessagesCheck(
    {
      directory: paths.messages,
      workFolder: join(workFolder, "messages"),
      isDeep: options.isDeep,
      decided: state.position,
      keptFrom: state.keptFrom,
      notProcessed,
    },
    exam.of("messages"),
  );
  const analytics = await openAnalyticsCheck(
    { directory: paths.analytics, workFolder: join(workFolder, "spill"), state, notProcessed },
    exam.of("analytics"),
  );
  return {
    observers: [messages, analytics].flatMap((check) => (check === null ? [] : [check.observer])),
    finish: async (isWhole) => {
      await messages?.finish(isWhole);
      await analytics?.finish(isWhole);
    },
    close: async () => {
      decided.close();
      await messages?.close();
      analytics?.close();
    },
  };
}

type NotProcessed = (from: Position, until: Position) => Set<Position>;

/** Where the state is damaged, that is told of the state. */
function orNone(read: NotProcessed): NotProcessed {
  return (from, until) => {
    try {
      return from < until ? read(from, until) : new Set();
    } catch {
      return new Set();
    }
  };
}

async function readLog(
  directory: string,
  { options, exam, isServed, observers }: Omit<Parts, "settings"> & { observers: LogObserver[] },
): Promise<LogFacts> {
  const total = bytesIn(directory);
  let done = 0;
  const onBytes = (bytes: number): void => {
    done += bytes;
    options.progress("reading the log", done, total);
  };
  return checkLog(directory, { isServed, observers, onBytes }, exam.of("log"));
}

function bytesIn(directory: string): number {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.reduce((sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** Data at risk of these: there is nothing whole to fold. What is wrong with files or copies is in no fold's way. */
const foldedParts: readonly Part[] = ["hash.key", "log", "base", "state"];

/** What no checksum covers, inside of a row of the state, only the log can tell. */
async function foldAndCompare(settings: Settings, { progress }: ExamineOptions, exam: Examination): Promise<void> {
  if (exam.findings().some(({ part, severity }) => severity === "data" && foldedParts.includes(part))) return;
  const report = exam.of("state");
  try {
    const { differences } = await rebuildPlatform(settings, {
      verify: true,
      progress: (done, total) => progress("folding the log", done, total),
    });
    for (const what of differences) report.find("derived", { where: "state.sqlite", what, todo: rebuild });
  } catch (error) {
    const why = error instanceof Problem ? error.message : error instanceof Error ? error.name : "unknown";
    report.find("derived", {
      where: "state.sqlite",
      what: `it cannot be compared with the log: ${why}`,
      todo: rebuild,
    });
  }
}

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Backups, BackupView, BackupWish } from "../api/backups.ts";
import { isoTime } from "../model/isoTime.ts";
import { Problem } from "../model/problem.ts";
import { mustBeAllowed } from "./backupFolder.ts";
import type { Work } from "./telemetry/telemetry.ts";
import type { BackupThreadData, FromBackup, ToBackup } from "./backupMessages.ts";

/** Of those that ended, so many can still be asked for. */
const maxKept = 20;

export interface BackupJobs extends Backups {
  /** Breaks off what is under way: its folder keeps the former backup, and the next run goes on from there. */
  close(): Promise<void>;
  /** Runs `work` while no backup is being made; one that is asked for meanwhile begins after it. */
  without<T>(work: () => Promise<T>): Promise<T>;
  /** Null where none was asked for since the start. */
  latest(): BackupView | null;
}

/** Backups while the platform runs, one at a time, each in a thread of its own. */
export function backupJobs(parts: {
  dataDir: string;
  /** Absolute: where a caller who is not the operator may have them; null: nowhere. */
  backupDir: string | null;
  /** The id of the token that the command line on this machine has; null where there is none. */
  operatorId: () => string | null;
  /** Copies the file of sources and tokens. */
  copyAccess: (to: string) => Promise<void>;
  /** UTC ms. */
  now: () => number;
  newId: () => string;
  /** A backup begins. */
  begun?: () => Work | null;
}): BackupJobs {
  const kept = new Map<string, BackupView>();
  let running: Worker | null = null;
  let heldBackBy: Promise<unknown> = Promise.resolve();
  const start = (wanted: BackupWish): BackupView => {
    if (running !== null) {
      throw new Problem(409, "backup_running", "A backup is being made.", { hint: "Wait for it to end." });
    }
    const view = newView(parts.newId(), wanted, parts.now());
    kept.set(view.id, view);
    for (const id of [...kept.keys()].slice(0, -maxKept)) kept.delete(id);
    const change = (changes: Partial<BackupView>): void => {
      kept.set(view.id, { ...(kept.get(view.id) ?? view), ...changes });
    };
    const work = parts.begun?.() ?? null;
    const worker = startWorker({ dataDir: parts.dataDir, ...wanted });
    running = worker;
    // What ends without a word has failed.
    let outcome: Partial<BackupView> = { status: "failed", error: brokenOff };
    worker.on("message", (message: FromBackup) => {
      if (message.kind === "progress") change({ doneBytes: message.doneBytes, totalBytes: message.totalBytes });
      else if (message.kind === "copyAccess") void answerCopy(worker, parts.copyAccess(message.to));
      else outcome = outcomeOf(message);
    });
    worker.on("error", () => undefined);
    // Not before: whoever is told that it has ended may begin the next one.
    worker.on("exit", () => {
      change({ ...outcome, endedAt: isoTime(parts.now()) });
      running = null;
      const { result, error } = outcome;
      work?.end({ told: { "c360.backup.bytes": result?.bytes ?? 0 }, error: error?.code ?? null });
    });
    return view;
  };
  return {
    start: async (wanted, by) => {
      mustBeAllowed(wanted.directory, { backupDir: parts.backupDir, isOperator: by === parts.operatorId() });
      await heldBackBy;
      return start(wanted);
    },
    without: async (work) => {
      while (running !== null) await once(running, "exit");
      const turn = work();
      heldBackBy = turn.catch(() => undefined);
      return turn;
    },
    find: (id) => kept.get(id) ?? null,
    latest: () => [...kept.values()].at(-1) ?? null,
    close: async () => {
      await running?.terminate();
    },
  };
}

function outcomeOf(message: Extract<FromBackup, { kind: "done" | "failed" }>): Partial<BackupView> {
  const { kind: _, ...told } = message;
  if ("result" in told) return { status: "done", result: told.result, ...whole(told.result.bytes) };
  return { status: "failed", error: told };
}

const brokenOff = { code: "backup_failed", message: "The backup was broken off.", hint: "Start it again." };

function newView(id: string, { directory, withDerived }: BackupWish, now: number): BackupView {
  const startedAt = isoTime(now);
  const nothing = { doneBytes: 0, totalBytes: 0, result: null, error: null, endedAt: null };
  return { id, directory, withDerived, status: "running", startedAt, ...nothing };
}

/** What was told on the way lags behind. */
function whole(bytes: number): Pick<BackupView, "doneBytes" | "totalBytes"> {
  return { doneBytes: bytes, totalBytes: bytes };
}

function startWorker(workerData: BackupThreadData): Worker {
  return new Worker(new URL("./backupThread.ts", import.meta.url), { workerData, name: "backup" });
}

async function answerCopy(worker: Worker, copying: Promise<void>): Promise<void> {
  const say = (message: ToBackup): void => worker.postMessage(message);
  try {
    await copying;
    say({ kind: "accessCopied", failure: null });
  } catch (error) {
    say({ kind: "accessCopied", failure: error instanceof Error ? error.message : "unknown" });
  }
}

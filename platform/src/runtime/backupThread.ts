import { parentPort, workerData } from "node:worker_threads";
import { backUp } from "../adapters/embedded/backup/backUp.ts";
import { giveWay } from "../adapters/embedded/giveWay.ts";
import { Problem } from "../model/problem.ts";
import { backupParts, tellingTargetFull } from "./backup.ts";
import type { BackupThreadData, FromBackup, ToBackup } from "./backupMessages.ts";

/** The worker that makes one backup beside a running platform, giving way to all that serves. */
const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const say = (message: FromBackup): void => port.postMessage(message);
const data = workerData as BackupThreadData;
const progressEveryMs = 100;

let accessCopied = Promise.withResolvers<void>();
port.on("message", ({ failure }: ToBackup) => {
  if (failure === null) accessCopied.resolve();
  else accessCopied.reject(new Error(failure));
});

async function copyAccess(to: string): Promise<void> {
  accessCopied = Promise.withResolvers();
  say({ kind: "copyAccess", to });
  await accessCopied.promise;
}

let toldAt = 0;
function progress(doneBytes: number, totalBytes: number): void {
  if (performance.now() - toldAt < progressEveryMs) return;
  toldAt = performance.now();
  say({ kind: "progress", doneBytes, totalBytes });
}

giveWay();
try {
  const { dataDir, ...wanted } = data;
  const result = await tellingTargetFull(wanted.directory, () =>
    backUp(backupParts(dataDir, { ...wanted, progress }, copyAccess)),
  );
  say({ kind: "done", result });
} catch (error) {
  say({ kind: "failed", ...toldOf(error) });
}
port.close();

/** Files' errors name paths and codes; others might name anything, so only their kind is told. */
function toldOf(error: unknown): { code: string; message: string; hint?: string } {
  if (error instanceof Problem) {
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }
  const kind = error instanceof Error ? ("code" in error ? error.message : error.name) : "unknown";
  return { code: "backup_failed", message: `The backup failed: ${kind}.`, hint: "The former one is as it was." };
}

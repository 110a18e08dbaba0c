import { isAbsolute, resolve } from "node:path";
import type { BackupResult, BackupView } from "../api/backups.ts";
import { Problem } from "../model/problem.ts";
import { findServer } from "../runtime/dataDirectory.ts";
import { readSettings } from "../runtime/settings.ts";
import { connect, type Connection, type ConnectionFlags } from "./connection.ts";
import type { CliIo } from "./io.ts";
import type { Output, Progress } from "./output.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

export interface BackupFlags extends ConnectionFlags {
  withDerived?: boolean;
  maxRate?: number;
  check?: boolean;
}

const bytesPerMiB = 1_048_576;
const pollMs = 250;

/** Backs up through a server where one runs, else from the directory itself; `--check` only reads the backup. */
export async function backup(io: CliIo, output: Output, directory: string, flags: BackupFlags): Promise<number> {
  if (flags.check === true) return checkBackup(io, output, directory);
  const started = io.now();
  const result = await backedUp(io, output, directory, flags);
  const elapsedMs = io.now() - started;
  if (output.json) output.document({ directory: resolve(directory), ...result, elapsedMs });
  else {
    const { position, lastReceivedAt, files, bytes, copiedBytes, statePosition } = result;
    const last = lastReceivedAt === null ? "" : `, the last event received ${lastReceivedAt}`;
    const seconds = (elapsedMs / 1_000).toFixed(1);
    output.out(`the log up to position ${position}${last}\n`);
    output.out(`${files} files, ${bytes} bytes, of which ${copiedBytes} were copied in ${seconds} s\n`);
    if (statePosition === null) output.note("a restore will fold the log; --with-derived spares it that");
    output.note("it holds customers' data and secrets: keep it as safe as the data directory");
  }
  return exitCodes.done;
}

async function backedUp(io: CliIo, output: Output, directory: string, flags: BackupFlags): Promise<BackupResult> {
  const url = flags.url ?? io.env["C360_URL"] ?? "";
  if (url !== "" && !isAbsolute(directory)) {
    throw wrongUsage("The folder is on the server's machine, so its path must be absolute.", "Like /var/backups/c360.");
  }
  const settings = readSettings(io.env, { dataDir: flags.dataDir });
  const withDerived = flags.withDerived === true;
  const bar = barOf(output);
  try {
    if (url !== "" || findServer(settings.dataDir) !== null) {
      const connection = await connect(io, flags);
      try {
        const rate = flags.maxRate === undefined ? {} : { maxMiBPerS: flags.maxRate };
        const view = await connection.startBackup({ directory: resolve(directory), withDerived, ...rate });
        return await ended(io, connection, view, bar.update);
      } finally {
        await connection.close();
      }
    }
    const { backUpDirectory } = await io.loadRuntime();
    const bytesPerS = flags.maxRate === undefined ? null : flags.maxRate * bytesPerMiB;
    return await backUpDirectory(settings, { directory, withDerived, bytesPerS, progress: bar.update });
  } finally {
    bar.stop();
  }
}

async function ended(
  io: CliIo,
  connection: Connection,
  started: BackupView,
  update: (done: number, total: number) => void,
): Promise<BackupResult> {
  let view = started;
  while (view.status === "running") {
    await io.sleep(pollMs);
    view = await connection.backup(view.id);
    update(view.doneBytes, view.totalBytes);
  }
  if (view.result !== null) return view.result;
  const { code, message, hint } = view.error ?? { code: "backup_failed", message: "The backup failed." };
  throw new Problem(500, code, message, hint === undefined ? {} : { hint });
}

async function checkBackup(io: CliIo, output: Output, directory: string): Promise<number> {
  const runtime = await io.loadRuntime();
  const bar = barOf(output, "checking");
  const { manifest, faults } = await runtime.checkBackup(directory, bar.update).finally(bar.stop);
  const { position, lastReceivedAt, statePosition, madeAt, platform } = manifest;
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  if (output.json) {
    const told = { position, lastReceivedAt, statePosition, madeAt, platform, files: manifest.files.length, bytes };
    output.document({ directory: resolve(directory), ...told, faults });
  } else {
    const last = lastReceivedAt === null ? "" : `, the last event received ${lastReceivedAt}`;
    output.out(`made ${madeAt} by version ${platform}: the log up to position ${position}${last}\n`);
    const verdict = faults.length === 0 ? "all as it was stored" : `${faults.length} are not as they were stored`;
    output.out(`${manifest.files.length} files, ${bytes} bytes: ${verdict}\n`);
    for (const fault of faults) output.out(`  ${fault}\n`);
  }
  return faults.length === 0 ? exitCodes.done : exitCodes.findings;
}

/** A bar that begins with the first figures. */
export function barOf(
  output: Output,
  label = "backing up",
  unit = "bytes",
): { update: (done: number, total: number) => void; stop: () => void } {
  let bar: Progress | null = null;
  let shownTotal = 0;
  return {
    update: (done, total) => {
      if (total !== shownTotal) bar?.stop();
      if (bar === null || total !== shownTotal) bar = output.progress(label, total, unit);
      shownTotal = total;
      bar.update(done);
    },
    stop: () => bar?.stop(),
  };
}

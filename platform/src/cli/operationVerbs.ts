import type { Command } from "commander";
import { backup, type BackupFlags } from "./backup.ts";
import { doctor } from "./doctor.ts";
import type { CliIo } from "./io.ts";
import { outputTo } from "./output.ts";
import { refuseUrl, restore } from "./restore.ts";

const maxMiBPerS = 10_000;

/** How `program` makes verbs. */
interface Making {
  io: CliIo;
  exit: (code: number) => void;
  reaching: (command: Command) => Command;
  withExamples: (command: Command, ...examples: string[]) => Command;
  wholeNumber: (least: number, most: number) => (text: string) => number;
}

/** backup, restore, doctor. */
export function addOperations(root: Command, making: Making): void {
  addBackup(root, making);
  addRestore(root, making);
  addDoctor(root, making);
}

function addBackup(root: Command, { io, exit, reaching, withExamples, wholeNumber }: Making): void {
  const command = reaching(root.command("backup"))
    .argument("<directory>", "new, empty, or with an earlier backup, of which only what changed is copied")
    .description("back everything up, while a server runs or without one")
    .option("--with-derived", "the state too, so that a restore need not fold the log")
    .option("--max-rate <mib>", "read at most so many MiB a second (16 beside a server)", wholeNumber(1, maxMiBPerS))
    .option("--check", "only read the backup and compare it with its manifest")
    .action(async (directory: string, flags: BackupFlags & { json?: boolean }) => {
      exit(await backup(io, outputTo(io, { json: flags.json === true }), directory, flags));
    });
  withExamples(
    command,
    "c360 backup /var/backups/c360",
    "c360 backup /mnt/backups/c360 --with-derived --max-rate 200",
    "c360 backup /var/backups/c360 --check",
  );
}

function addRestore(root: Command, { io, exit, withExamples }: Making): void {
  const command = root
    .command("restore")
    .argument("<directory>", "a backup")
    .description("make a new data directory what it was when the backup was taken, or before")
    .option("--until <time>", "events received later, or from a position on, are left out")
    .option("--json", "answer in JSON")
    .option("--data-dir <dir>", "the new data directory (C360_DATA_DIR)")
    .action(async (directory: string, flags: { until?: string; json?: boolean; dataDir?: string }) => {
      refuseUrl("restore", io.env["C360_URL"]);
      exit(await restore(io, outputTo(io, { json: flags.json === true }), directory, flags));
    });
  withExamples(
    command,
    "c360 restore /var/backups/c360 --data-dir /var/lib/c360-restored",
    "c360 restore /var/backups/c360 --data-dir restored --until 2026-11-30T14:05:00Z",
  );
}

function addDoctor(root: Command, { io, exit, withExamples }: Making): void {
  const command = root
    .command("doctor")
    .description("check every checksum and rule of the data directory, and say what to do")
    .option("--deep", "look every message up, and compare the state with the log folded again; without a server")
    .option("--json", "answer in JSON")
    .option("--data-dir <dir>", "the data directory (C360_DATA_DIR)")
    .action(async (flags: { deep?: boolean; json?: boolean; dataDir?: string }) => {
      refuseUrl("doctor", io.env["C360_URL"]);
      exit(await doctor(io, outputTo(io, { json: flags.json === true }), flags));
    });
  withExamples(command, "c360 doctor", "c360 doctor --deep --data-dir /var/lib/c360", "c360 doctor --json");
}

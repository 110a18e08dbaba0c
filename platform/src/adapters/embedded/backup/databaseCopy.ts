import { chmodSync, rmSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import type { Position } from "../../../model/position.ts";
import { openStateReader } from "../state/schema.ts";

/** Copied in one step: about a quarter of a mebibyte. */
const pagesAtOnce = 64;

interface CopyRate {
  /** Null: as fast as it goes. */
  readonly bytesPerS: number | null;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Copies a database that others write to meanwhile, by SQLite's online backup, mode 0600. What the connection's open
 * transaction sees is what is copied: without one, a writer would make it start over again and again.
 */
export async function copyDatabase(source: DatabaseSync, to: string, options: CopyRate): Promise<void> {
  const pageBytes = Number(source.prepare("PRAGMA page_size").get()?.["page_size"] ?? 4_096);
  const restMs = options.bytesPerS === null ? 0 : (pagesAtOnce * pageBytes * 1_000) / options.bytesPerS;
  rmSync(to, { force: true });
  await backup(source, to, {
    rate: pagesAtOnce,
    progress: () => {
      options.onBytes?.(pagesAtOnce * pageBytes);
      rest(restMs);
    },
  });
  chmodSync(to, 0o600);
}

/** The state file as of one moment; gives what was decided by then. */
export async function copyState(file: string, to: string, options: CopyRate): Promise<Position> {
  const database = openStateReader(file);
  try {
    database.exec("BEGIN");
    const position = Number(database.prepare("SELECT position FROM head").get()?.["position"]);
    await copyDatabase(database, to, options);
    return position;
  } finally {
    database.close();
  }
}

/** A file that another thread may be writing to, as of one moment. */
export async function copyLiveDatabase(file: string, to: string, options: CopyRate): Promise<void> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    // A transaction begins with its first read.
    database.exec("PRAGMA busy_timeout = 10000; BEGIN");
    database.prepare("PRAGMA user_version").get();
    await copyDatabase(database, to, options);
  } finally {
    database.close();
  }
}

/** The file of sources and tokens where no server holds it. */
export async function copyIdleDatabase(file: string, to: string): Promise<void> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    await copyDatabase(database, to, { bytesPerS: null });
  } finally {
    database.close();
  }
}

/** The steps of a backup are told synchronously, so that only a wait that blocks can slow them; its thread has no other work. */
function rest(ms: number): void {
  if (ms >= 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

import { closeSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { Problem } from "../../../model/problem.ts";

export type KeyTree = ClassicLevel<Uint8Array, Uint8Array>;

/** What the index needs of its tree. A write is atomic, and with `sync` durable when it resolves. */
export interface IndexTree {
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  put(key: Uint8Array, value: Uint8Array, options: { sync: boolean }): Promise<void>;
  batch(): TreeBatch;
  /** Ascending. `nextv`: the next so many, none at the end. */
  keys(): { nextv(size: number): Promise<Uint8Array[]>; close(): Promise<void> };
  close(): Promise<void>;
}

export interface TreeBatch {
  put(key: Uint8Array, value: Uint8Array): unknown;
  del(key: Uint8Array): unknown;
  write(options: { sync: boolean }): Promise<void>;
}

/** A billion keys are 22 GB: with files of this size, all stay open. */
const treeFileBytes = 32 << 20;
/** What LevelDB says of its recovery stands at the beginning of what it logs. */
const maxLoggedBytes = 65_536;

export async function openKeyTree(directory: string): Promise<KeyTree> {
  const tree: KeyTree = new ClassicLevel(directory, {
    keyEncoding: "view",
    valueEncoding: "view",
    compression: false,
    cacheSize: 32 << 20,
    writeBufferSize: 16 << 20,
    maxFileSize: treeFileBytes,
  });
  await tree.open();
  return tree;
}

/**
 * Opens the tree, or an empty one where it is damaged: the log has every key. LevelDB passes over damaged blocks of
 * its write-ahead log without an error (its binding cannot ask for one), and only says so in its own log: keys that
 * were in them would be forgotten. Problem 409 `data_dir_in_use`, 500 `message_index_unreadable`.
 */
export async function openSoundTree(
  directory: string,
  open: (directory: string) => Promise<IndexTree> = openKeyTree,
): Promise<IndexTree> {
  const aside = `${directory}.damaged`;
  rmSync(aside, { recursive: true, force: true });
  const tree = await open(directory).catch((error: unknown) => {
    if (causeOf(error) === "LEVEL_CORRUPTION") return null;
    throw problemOf(error);
  });
  if (tree !== null && !hasDropped(directory)) return tree;
  await tree?.close();
  // In one step: half of a tree could be taken for a whole one.
  renameSync(directory, aside);
  rmSync(aside, { recursive: true, force: true });
  return open(directory);
}

/** Of this opening, or of the one before, which a crash may have ended before anybody looked. */
export function hasDropped(directory: string): boolean {
  return ["LOG", "LOG.old"].some((name) => beginningOf(join(directory, name)).includes("(ignoring error)"));
}

function beginningOf(file: string): string {
  const bytes = Buffer.alloc(maxLoggedBytes);
  try {
    const opened = openSync(file, "r");
    try {
      return bytes.toString("latin1", 0, readSync(opened, bytes, 0, maxLoggedBytes, 0));
    } finally {
      closeSync(opened);
    }
  } catch {
    return "";
  }
}

function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return null;
  const cause: unknown = error.cause ?? error;
  return cause instanceof Error && "code" in cause ? cause.code : null;
}

function problemOf(error: unknown): unknown {
  if (causeOf(error) === "LEVEL_LOCKED") {
    return new Problem(409, "data_dir_in_use", "another process has the message index open", {
      hint: "stop the server that runs on this data directory first; its file `lock` must not be deleted",
    });
  }
  if (causeOf(error) !== "LEVEL_IO_ERROR") return error;
  return Object.assign(
    new Problem(500, "message_index_unreadable", "the message index (messages/ in the data directory) does not open", {
      hint: "remove the folder messages/ while the platform is stopped: it is made again from the log",
    }),
    { cause: error },
  );
}

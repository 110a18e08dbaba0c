import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { Problem } from "../../../model/problem.ts";
import { lockDirectory, type DirectoryLock } from "../directoryLock.ts";
import {
  encodeManifest,
  encodeUnfinished,
  isStoredName,
  manifestFile,
  readManifest,
  readUnfinished,
  storedName,
  unfinishedFile,
  type Manifest,
  type StoredFile,
} from "./manifest.ts";
import { copyContent, replaceText, syncDirectory, type CopyOptions } from "./copyFile.ts";

/** Tells people, and this program, what the folder is. */
const markFile = "README.txt";
const mark = `A backup of Customer 360. It holds customers' data and secrets (hash.key, hashes of keys and tokens):
keep it as safe as the data directory itself. To restore it: c360 restore THIS_FOLDER --data-dir NEW_FOLDER
What is in it: manifest.json. Files whose names it does not list are of a backup that did not finish.
`;
/** As in the data directory. */
const folders = ["log", "base"];
/** What a fresh file system has of its own. */
const ignored = new Set(["lost+found"]);

/** The folder that backups of one data directory are made in, held by this process. */
export interface BackupTarget {
  /** The former backup; null where there is none yet. */
  readonly former: Manifest | null;
  /** The file that stands for `path` if it is already here as it was at `modifiedNs`, with so many bytes. */
  unchanged(path: string, bytes: number, modifiedNs: string): StoredFile | null;
  /** Where a copy is made before its content, and so its name, is known. */
  readonly incoming: string;
  /** Gives what lies at {@link incoming} its name; durable with the next note or manifest. */
  keep(path: string, content: { bytes: number; sha256: string }, modifiedNs?: string): StoredFile;
  /** Remembers what is here although no manifest names it yet. */
  note(files: readonly StoredFile[]): Promise<void>;
  /** The backup is `manifest` from now on; whatever it does not name goes. */
  finish(manifest: Manifest): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the folder, making it (mode 0700) where it is not there. Problem 409 `backup_directory_not_empty` for a folder
 * with other things in it, `backup_of_another` with another data directory's backup, `backup_running`; 422
 * `backup_directory_unusable`; those of {@link readManifest}.
 */
export async function openTarget(given: string, { dataDir, key }: { dataDir: string; key: string }) {
  const directory = resolve(given);
  refuseNested(directory, resolve(dataDir));
  makeFolder(directory);
  const lock = await lockTarget(directory);
  try {
    const former = readManifest(directory);
    if (former !== null && former.key !== key) throw ofAnother(directory);
    if (!existsSync(join(directory, markFile))) writeFileSync(join(directory, markFile), mark, { mode: 0o600 });
    mkdirSync(join(directory, "log"), { recursive: true, mode: 0o700 });
    return targetIn(directory, former, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function targetIn(directory: string, former: Manifest | null, lock: DirectoryLock): BackupTarget {
  const known = new Map<string, StoredFile>();
  for (const file of [...(former?.files ?? []), ...readUnfinished(directory)]) known.set(file.path, file);
  const incoming = join(directory, "incoming.tmp");
  const syncNames = async (): Promise<void> => {
    for (const folder of foldersIn(directory)) await syncDirectory(join(directory, folder));
    await syncDirectory(directory);
  };
  return {
    former,
    incoming,
    unchanged: (path, bytes, modifiedNs) => {
      const file = known.get(path);
      if (file?.bytes !== bytes || file.modifiedNs !== modifiedNs) return null;
      return sizeOf(join(directory, file.stored)) === bytes ? file : null;
    },
    keep: (path, { bytes, sha256 }, modifiedNs) => {
      const stored = storedName(path, sha256);
      mkdirSync(dirname(join(directory, stored)), { recursive: true, mode: 0o700 });
      renameSync(incoming, join(directory, stored));
      return { path, stored, bytes, sha256, ...(modifiedNs === undefined ? {} : { modifiedNs }) };
    },
    note: async (files) => {
      await syncNames();
      await replaceText(join(directory, unfinishedFile), encodeUnfinished(files));
    },
    finish: async (manifest) => {
      await syncNames();
      await replaceText(join(directory, manifestFile), encodeManifest(manifest));
      sweep(directory, new Set(manifest.files.map(({ stored }) => stored)));
    },
    release: () => lock.release(),
  };
}

/** Copies the open file whole, or its first `bytes`, into the target under `path`. */
export async function storeFile(
  target: BackupTarget,
  { path, fd, bytes, modifiedNs }: { path: string; fd: number; bytes: number | null; modifiedNs?: string },
  options: CopyOptions,
): Promise<StoredFile> {
  return target.keep(path, await copyContent(fd, target.incoming, bytes, options), modifiedNs);
}

function foldersIn(directory: string): string[] {
  return folders.filter((folder) => existsSync(join(directory, folder)));
}

function sweep(directory: string, named: ReadonlySet<string>): void {
  rmSync(join(directory, unfinishedFile), { force: true });
  for (const folder of ["", ...foldersIn(directory)]) {
    for (const name of readdirSync(join(directory, folder))) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const isOurs = isStoredName(path) || name.endsWith(".tmp") || name.endsWith(".tmp-journal");
      if (isOurs && !named.has(path)) rmSync(join(directory, path), { force: true });
    }
  }
}

function refuseNested(directory: string, dataDir: string): void {
  const isInside = (inner: string, outer: string): boolean => {
    const path = relative(outer, inner);
    return path === "" || (path !== ".." && !path.startsWith(`..${sep}`) && resolve(outer, path) === inner);
  };
  if (!isInside(directory, dataDir) && !isInside(dataDir, directory)) return;
  throw new Problem(422, "backup_directory_unusable", "A backup cannot lie in the data directory, or around it.", {
    hint: "Name a folder elsewhere, best on another disk.",
    field: "directory",
  });
}

function makeFolder(directory: string): void {
  let names: string[];
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    names = readdirSync(directory).filter((name) => !ignored.has(name));
  } catch (error) {
    throw unusable(directory, error);
  }
  if (names.length === 0 || names.includes(markFile) || names.includes(manifestFile)) return;
  throw new Problem(409, "backup_directory_not_empty", `${directory} has other things in it, and no backup.`, {
    hint: "Name a folder that is empty, not there yet, or has an earlier backup of this data directory.",
    field: "directory",
  });
}

async function lockTarget(directory: string): Promise<DirectoryLock> {
  try {
    return await lockDirectory(directory);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status !== 409) throw unusable(directory, error);
    throw new Problem(409, "backup_running", `Another backup is being made in ${directory}.`, {
      hint: "Wait for it to end, or name another folder.",
    });
  }
}

function ofAnother(directory: string): Problem {
  return new Problem(409, "backup_of_another", `${directory} holds the backup of another data directory.`, {
    hint: "Name a folder of its own for each data directory.",
    field: "directory",
  });
}

function unusable(directory: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "EDQUOT") return error;
  const why = code === "" ? "it cannot be written" : code;
  return new Problem(422, "backup_directory_unusable", `${directory} cannot be used: ${why}.`, {
    hint: "Name a folder that the user who runs this may write to.",
    field: "directory",
  });
}

function sizeOf(file: string): number | null {
  try {
    return statSync(file).size;
  } catch {
    return null;
  }
}

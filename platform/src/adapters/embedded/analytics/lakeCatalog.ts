import { createHash } from "node:crypto";
import { createReadStream, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { quoted } from "./sqlText.ts";

/** One Parquet file of the lake, as the database lists it. */
export interface LakeFile {
  /** Relative to the lake, with `/`. */
  path: string;
  /** YYYY-MM: of its oldest and of its newest events, or earlier and later. */
  month: string;
  untilMonth: string;
  bucket: number;
  first: number;
  last: number;
  rows: number;
  /** SHA-256 of the file, hexadecimal; null of files from before there was one. */
  checksum: string | null;
}

/** Inside the transaction that removes the rows it replaces. */
export async function register(writer: DuckDBConnection, file: LakeFile): Promise<void> {
  await writer.run(
    `INSERT INTO store.lake_files
      (path, month, until_month, bucket, first_position, last_position, row_count, checksum)
      VALUES (${quoted(file.path)}, ${quoted(file.month)}, ${quoted(file.untilMonth)}, ${file.bucket}, ${file.first}, ${file.last}, ${file.rows},
      ${file.checksum === null ? "NULL" : quoted(file.checksum)})`,
  );
}

export async function registeredFiles(writer: DuckDBConnection): Promise<LakeFile[]> {
  const found = await writer.runAndReadAll(
    `SELECT path, month, coalesce(until_month, month), bucket, first_position, last_position, row_count, checksum
      FROM store.lake_files ORDER BY path`,
  );
  return found.getRows().map(([path, month, untilMonth, bucket, first, last, rows, checksum]) => ({
    path: String(path),
    month: String(month),
    untilMonth: String(untilMonth),
    bucket: Number(bucket),
    first: Number(first),
    last: Number(last),
    rows: Number(rows),
    checksum: typeof checksum === "string" ? checksum : null,
  }));
}

/** SHA-256, hexadecimal. */
export async function checksumOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Removes what no committed transaction registered: files of a move or merge that a crash cut short. */
export function removeUnregistered(directory: string, registered: ReadonlySet<string>): void {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name);
    if (!registered.has(relative(directory, file).split(sep).join("/"))) rmSync(file);
  }
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  // The inner ones first.
  for (const folder of folders.sort((one, other) => other.length - one.length)) removeIfEmpty(folder);
}

/** Removes a file, and the folders up to `directory` that it was the last of. */
export function removeWithFolders(directory: string, file: string): void {
  rmSync(file, { force: true });
  for (let folder = dirname(file); folder.length > directory.length; folder = dirname(folder)) {
    if (!removeIfEmpty(folder)) return;
  }
}

function removeIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

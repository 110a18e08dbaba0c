import { createHash } from "node:crypto";
import { createReadStream, readdirSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { quoted } from "./sqlText.ts";

/** One Parquet file of the lake, as the database lists it. */
export interface LakeFile {
  /** Relative to the lake, with `/`. */
  path: string;
  /** YYYY-MM. */
  month: string;
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
    `INSERT INTO store.lake_files (path, month, bucket, first_position, last_position, row_count, checksum)
      VALUES (${quoted(file.path)}, ${quoted(file.month)}, ${file.bucket}, ${file.first}, ${file.last}, ${file.rows},
      ${file.checksum === null ? "NULL" : quoted(file.checksum)})`,
  );
}

export async function registeredFiles(writer: DuckDBConnection): Promise<LakeFile[]> {
  const found = await writer.runAndReadAll(
    "SELECT path, month, bucket, first_position, last_position, row_count, checksum FROM store.lake_files ORDER BY path",
  );
  return found.getRows().map(([path, month, bucket, first, last, rows, checksum]) => ({
    path: String(path),
    month: String(month),
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
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !registered.has(relative(directory, file).split(sep).join("/"))) rmSync(file);
  }
}

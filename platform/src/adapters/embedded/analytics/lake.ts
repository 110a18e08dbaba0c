import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Position } from "../../../model/position.ts";
import { replaceViews, transaction } from "./engine.ts";
import {
  checksumOf,
  type LakeFile,
  register,
  registeredFiles,
  removeUnregistered,
  removeWithFolders,
} from "./lakeCatalog.ts";
import { type FileGroup, fileGroups, type MergeLimits, monthsText, nextMerge, spanOf } from "./lakePlan.ts";
import { quoted } from "./sqlText.ts";
import { eventColumnNames } from "./tables.ts";

/** Rows of a Parquet row group: one customer's rows are found by reading one or two of them. */
const rowGroupRows = 4_096;
const temporarySuffix = ".tmp";
/** Fragment numbers of one bucket: 48 bits, of which the first four name it. */
const bucketWidth = 2 ** 44;
/** How often the age of the hot rows is looked at. */
const ageCheckMs = 60_000;

export interface LakeLimits extends MergeLimits {
  /** More hot rows than these are moved to the lake. */
  maxHotRows: number;
  /** What a move for their number leaves hot: the newest. */
  keepHotRows: number;
  /** Rows received longer ago than this are moved. */
  maxHotAgeMs: number;
  /** What a move for age leaves hot. */
  keepHotAgeMs: number;
  /** Months of a bucket with fewer of a move's rows share a file. */
  leastFileRows: number;
  /** A file that a merge replaced is removed after this long: no query lives longer. */
  retiredFileMs: number;
  /** What is kept no longer is taken away once nothing more was said of it for so long: files are written anew for it. */
  trimAfterMs: number;
  /** Or so long after the last time, while more is said. */
  trimEveryMs: number;
}

export const defaultLakeLimits: LakeLimits = {
  maxHotRows: 1_000_000,
  keepHotRows: 100_000,
  maxHotAgeMs: 6 * 3_600_000,
  keepHotAgeMs: 3_600_000,
  leastFileRows: 16_384,
  maxFilesPerBucket: 8,
  maxMergedRows: 2_000_000,
  maxSparseFiles: 9,
  sparseRows: 500_000,
  retiredFileMs: 60_000,
  trimAfterMs: 5_000,
  trimEveryMs: 300_000,
};

export interface LakeFigures {
  files: number;
  bytes: number;
  rows: number;
}

/** What is kept no longer is taken away in one transaction, once what is left of its files is written. */
interface Trim {
  /** Rows before this position go. */
  before: Position;
  /** Files of which some rows stay, and which are not written anew yet. */
  straddling: LakeFile[];
  /** All that some rows go of. */
  gone: LakeFile[];
  written: LakeFile[];
}

interface Move {
  /** Rows before this position go. */
  until: number;
  groups: FileGroup[];
  written: LakeFile[];
}

export interface LakeParts {
  writer: DuckDBConnection;
  directory: string;
  limits: LakeLimits;
  /** UTC ms. */
  now: () => number;
  /** Rows of records before it are to go. */
  keptFrom: () => Position;
}

/** Removes files that no committed transaction registered, and points the views at those that are. */
export async function openLake(parts: LakeParts): Promise<Lake> {
  const registered = await registeredFiles(parts.writer);
  removeUnregistered(parts.directory, new Set(registered.map(({ path }) => path)));
  const paths = registered.map(({ path }) => join(parts.directory, path));
  await transaction(parts.writer, () => replaceViews(parts.writer, paths));
  return new Lake(parts);
}

/** Moves hot rows to Parquet files and merges small files, one file a step, between the follower's batches. */
export class Lake {
  readonly #parts: LakeParts;
  #move: Move | null = null;
  #trim: Trim | null = null;
  /** Rows before `before` are to go, as was met at `at`. */
  #toTrim = { before: 0, at: 0 };
  #trimmed = { before: 0, at: Number.POSITIVE_INFINITY };
  #mergesDue = true;
  #nextAgeCheckAt = Number.NEGATIVE_INFINITY;
  readonly #retired: { file: string; at: number }[] = [];

  constructor(parts: LakeParts) {
    this.#parts = parts;
  }

  /** One file's worth of work; false when there is nothing to do. */
  async step(): Promise<boolean> {
    this.#removeRetired();
    if (this.#move !== null) {
      await this.#stepMove(this.#move);
      return true;
    }
    if (await this.#stepTrim()) return true;
    if (this.#mergesDue) {
      this.#mergesDue = await this.#stepMerge();
      if (this.#mergesDue) return true;
    }
    const until = await this.#dueUntil();
    if (until === null) return false;
    await this.#beginMove(until);
    return true;
  }

  /** Moves every hot row now, and merges what is to be merged. */
  async moveAll(): Promise<void> {
    while (this.#move !== null) await this.#stepMove(this.#move);
    const { writer } = this.#parts;
    if ((await numberOf(writer, "SELECT count(*) FROM store.hot")) > 0) {
      await this.#beginMove(await numberOf(writer, "SELECT max(position) + 1 FROM store.hot"));
      while (this.#move !== null) await this.#stepMove(this.#move);
    }
    while (await this.#stepMerge());
  }

  async #beginMove(until: number): Promise<void> {
    const found = await this.#parts.writer.runAndReadAll(
      `SELECT strftime(month, '%Y-%m'), bucket, min(position), max(position), count(*)
       FROM (SELECT date_trunc('month', occurred_at) AS month, fragment_key >> 44 AS bucket, position
         FROM store.hot WHERE position < ${until})
       GROUP BY month, bucket ORDER BY 1, 2`,
    );
    const months = found.getRows().map(([month, bucket, first, last, rows]) => ({
      month: String(month),
      untilMonth: String(month),
      bucket: Number(bucket),
      first: Number(first),
      last: Number(last),
      rows: Number(rows),
    }));
    this.#move = { until, groups: fileGroups(months, this.#parts.limits.leastFileRows), written: [] };
  }

  /** Position before which the hot rows are to go, or null while they may stay. */
  async #dueUntil(): Promise<number | null> {
    const { writer, limits, now } = this.#parts;
    const count = await numberOf(writer, "SELECT count(*) FROM store.hot");
    if (count > limits.maxHotRows) {
      const newest = `SELECT position FROM store.hot ORDER BY position DESC LIMIT ${Math.max(1, limits.keepHotRows)}`;
      return numberOf(writer, `SELECT min(position) FROM (${newest})`);
    }
    if (count === 0 || now() < this.#nextAgeCheckAt) return null;
    this.#nextAgeCheckAt = now() + ageCheckMs;
    const oldest = await numberOf(writer, "SELECT epoch_ms(min(received_at)) FROM store.hot");
    if (oldest > now() - limits.maxHotAgeMs) return null;
    const kept = `SELECT min(position) FROM store.hot WHERE received_at >= epoch_ms(${now() - limits.keepHotAgeMs})`;
    return numberOf(writer, `SELECT coalesce((${kept}), max(position) + 1) FROM store.hot`);
  }

  async #stepMove(move: Move): Promise<void> {
    const { writer } = this.#parts;
    const group = move.groups.at(-1);
    if (group !== undefined) {
      const [from, to] = [`${group.month}-01`, `${group.untilMonth}-01`];
      const rows = `FROM store.hot WHERE position < ${move.until}
        AND fragment_key >= ${group.bucket * bucketWidth} AND fragment_key < ${(group.bucket + 1) * bucketWidth}
        AND occurred_at >= TIMESTAMP '${from}' AND occurred_at < TIMESTAMP '${to}' + INTERVAL 1 MONTH`;
      move.written.push(await this.#writeFile(group, rows));
      move.groups.pop();
      return;
    }
    // A commit whose answer was lost may stand: then all of its files are there.
    const known = new Set((await registeredFiles(writer)).map(({ path }) => path));
    if (!move.written.some(({ path }) => known.has(path))) {
      await transaction(writer, async () => {
        for (const file of move.written) await register(writer, file);
        await writer.run(`DELETE FROM store.hot WHERE position < ${move.until}`);
        await replaceViews(writer, this.#absolute(await registeredFiles(writer)));
      });
    }
    this.#move = null;
    this.#mergesDue = true;
  }

  /** One file's worth of taking away what is kept no longer; false when there is nothing to do. */
  async #stepTrim(): Promise<boolean> {
    const { writer, now } = this.#parts;
    if (this.#trim === null) {
      const before = this.#dueToTrim();
      if (before === null) return false;
      this.#trimmed = { before, at: now() };
      this.#trim = await trimDue(writer, before);
      return this.#trim !== null;
    }
    const { before, straddling, gone, written } = this.#trim;
    const file = straddling.at(-1);
    if (file !== undefined) {
      const kept = `FROM read_parquet([${this.#absolute([file]).map(quoted).join()}], hive_partitioning = false)
        WHERE position >= ${before}`;
      const [first, last, rows] = await figuresOf(writer, kept);
      if (rows > 0) written.push(await this.#writeFile({ ...file, first, last, rows }, kept));
      straddling.pop();
      return true;
    }
    // A commit whose answer was lost may stand: then none of them is listed any more.
    const listed = new Set((await registeredFiles(writer)).map(({ path }) => path));
    if (gone.some(({ path }) => listed.has(path)) || written.every(({ path }) => !listed.has(path))) {
      await transaction(writer, async () => {
        for (const { path } of gone) await writer.run(`DELETE FROM store.lake_files WHERE path = ${quoted(path)}`);
        for (const each of written) await register(writer, each);
        await writer.run(`DELETE FROM store.hot WHERE position < ${before}`);
        await replaceViews(writer, this.#absolute(await registeredFiles(writer)));
      });
    }
    for (const each of this.#absolute(gone)) this.#retired.push({ file: each, at: now() });
    this.#trim = null;
    return true;
  }

  /** Position before which rows are to go now; null while there is none, or more is being said. */
  #dueToTrim(): Position | null {
    const { now, limits, keptFrom } = this.#parts;
    const before = keptFrom();
    if (before === this.#trimmed.before) return null;
    if (before !== this.#toTrim.before) this.#toTrim = { before, at: now() };
    // A clock that was set back says nothing of how long it has been.
    const isStill = now() >= this.#toTrim.at + limits.trimAfterMs || now() < this.#toTrim.at;
    return isStill || now() >= this.#trimmed.at + limits.trimEveryMs ? before : null;
  }

  /** Merges files that are many for what they hold; false when there are none. */
  async #stepMerge(): Promise<boolean> {
    const { writer, limits, now } = this.#parts;
    const small = nextMerge(await registeredFiles(writer), limits);
    if (small === null) return false;
    const list = this.#absolute(small).map(quoted).join(",");
    const source = `FROM read_parquet([${list}], hive_partitioning = false)`;
    const merged = await this.#writeFile(spanOf(small), source);
    await transaction(writer, async () => {
      const paths = small.map(({ path }) => quoted(path)).join(",");
      await writer.run(`DELETE FROM store.lake_files WHERE path IN (${paths})`);
      await register(writer, merged);
      await replaceViews(writer, this.#absolute(await registeredFiles(writer)));
    });
    for (const file of this.#absolute(small)) this.#retired.push({ file, at: now() });
    return true;
  }

  /** Temporary file, sync, rename, sync of the folders: under its own name a file is whole. */
  async #writeFile(group: FileGroup, rows: string): Promise<LakeFile> {
    const { writer, directory } = this.#parts;
    const { bucket, first, last } = group;
    const folder = join(directory, "events", `month=${monthsText(group)}`, `bucket=${String(bucket).padStart(2, "0")}`);
    mkdirSync(folder, { recursive: true });
    let file = join(folder, `${first}-${last}.parquet`);
    for (let again = 2; existsSync(file); again++) file = join(folder, `${first}-${last}-${again}.parquet`);
    const temporary = `${file}${temporarySuffix}`;
    await writer.run(
      `COPY (SELECT ${eventColumnNames} ${rows} ORDER BY fragment, occurred_at, message_id) TO ${quoted(temporary)}
       (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${rowGroupRows})`,
    );
    syncPath(temporary);
    const checksum = await checksumOf(temporary);
    renameSync(temporary, file);
    for (let at = folder; at.startsWith(directory); at = dirname(at)) syncPath(at);
    return { ...group, path: relative(directory, file).split(sep).join("/"), checksum };
  }

  /** What the lake holds now. */
  async holds(): Promise<LakeFigures> {
    const files = await registeredFiles(this.#parts.writer);
    const sizes = this.#absolute(files).map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0), rows };
  }

  #absolute(files: readonly LakeFile[]): string[] {
    return files.map(({ path }) => join(this.#parts.directory, path));
  }

  #removeRetired(): void {
    const { limits, now } = this.#parts;
    while (this.#retired[0] !== undefined && this.#retired[0].at <= now() - limits.retiredFileMs) {
      removeWithFolders(this.#parts.directory, this.#retired[0].file);
      this.#retired.shift();
    }
  }
}

/** Null where no row is to go. */
async function trimDue(writer: DuckDBConnection, before: Position): Promise<Trim | null> {
  const gone = (await registeredFiles(writer)).filter(({ first }) => first < before);
  const hot = await numberOf(writer, `SELECT count(*) FROM store.hot WHERE position < ${before}`);
  if (gone.length === 0 && hot === 0) return null;
  return { before, straddling: gone.filter(({ last }) => last >= before), gone, written: [] };
}

async function figuresOf(writer: DuckDBConnection, from: string): Promise<[number, number, number]> {
  const found = await writer.runAndReadAll(`SELECT min(position), max(position), count(*) ${from}`);
  const [first, last, rows] = found.getRows()[0] ?? [];
  return [Number(first ?? 0), Number(last ?? 0), Number(rows ?? 0)];
}

async function numberOf(writer: DuckDBConnection, sql: string): Promise<number> {
  return Number((await writer.runAndReadAll(sql)).getRows()[0]?.[0] ?? 0);
}

function syncPath(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

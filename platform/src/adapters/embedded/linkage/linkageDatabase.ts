import { availableParallelism } from "node:os";
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBDataChunk as DataChunk,
  DuckDBInstance,
  DOUBLE,
  type DuckDBValue,
  VARCHAR,
} from "@duckdb/node-api";
import { Problem } from "../../../model/problem.ts";
import type { LinkageCell, LinkageDatabase } from "../../../storage/linkageDatabase.ts";

export interface LinkageDatabaseOptions {
  /** Sorts and joins that need more spill into `spillDirectory`. */
  memoryLimitMb?: number;
  spillDirectory: string;
  threads?: number;
}

const defaultMemoryLimitMb = 1_400;
const maxSpillMb = 16_384;
const progressPollMs = 200;
const loadRows = 2_048;

/** {@link LinkageDatabase} by a DuckDB in memory. It may read any file: the SQL is the platform's own. */
export async function openLinkageDatabase(options: LinkageDatabaseOptions): Promise<LinkageDatabase> {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${options.memoryLimitMb ?? defaultMemoryLimitMb}MB`,
    threads: String(options.threads ?? availableParallelism()),
    temp_directory: options.spillDirectory,
    max_temp_directory_size: `${maxSpillMb}MB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    run: (sql, onProgress) => told(() => watched(connection, sql, onProgress)),
    rows: (sql) =>
      told(async () => {
        const answer = await connection.runAndReadAll(sql);
        return answer.getRows().map((row) => row.map(cellOf));
      }),
    numbers: (sql, columns, count) => told(() => readNumbers(connection, sql, columns, count)),
    stream: (sql) => batches(connection, sql),
    load: (table, columns) => told(() => loadTable(connection, table, columns)),
    appendTexts: (table, columns) => told(() => appendTexts(connection, table, columns)),
    interrupt: () => connection.interrupt(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function watched(
  connection: DuckDBConnection,
  sql: string,
  onProgress?: (percent: number) => void,
): Promise<void> {
  if (onProgress === undefined) {
    await connection.run(sql);
    return;
  }
  const timer = setInterval(() => {
    const { percentage } = connection.progress;
    if (percentage >= 0) onProgress(Math.min(100, percentage));
  }, progressPollMs);
  try {
    await connection.run(sql);
  } finally {
    clearInterval(timer);
  }
}

async function readNumbers(
  connection: DuckDBConnection,
  sql: string,
  columns: number,
  count: number,
): Promise<Float64Array[]> {
  const result = await connection.stream(sql);
  const read = Array.from({ length: columns }, () => new Float64Array(count));
  let at = 0;
  for (;;) {
    const chunk: DuckDBDataChunk | null = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    for (const [column, target] of read.entries()) {
      const vector = chunk.getColumnVector(column);
      for (let row = 0; row < chunk.rowCount; row++) target[at + row] = Number(vector.getItem(row));
    }
    at += chunk.rowCount;
  }
  return read.map((column) => column.subarray(0, at));
}

async function* batches(connection: DuckDBConnection, sql: string): AsyncGenerator<LinkageCell[][]> {
  const result = await told(() => connection.stream(sql));
  for (;;) {
    const chunk = await told(() => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getRows().map((row) => row.map(cellOf));
  }
}

async function loadTable(
  connection: DuckDBConnection,
  table: string,
  columns: Readonly<Record<string, ArrayLike<number>>>,
): Promise<void> {
  const names = Object.keys(columns);
  const arrays = Object.values(columns);
  const count = arrays[0]?.length ?? 0;
  await connection.run(`CREATE TABLE ${table} (${names.map((name) => `${name} DOUBLE`).join(", ")})`);
  const appender = await connection.createAppender(table);
  const types = names.map(() => DOUBLE);
  for (let from = 0; from < count; from += loadRows) {
    const rows = Math.min(loadRows, count - from);
    const chunk = DataChunk.create(types, rows);
    chunk.setColumns(arrays.map((values) => Array.from({ length: rows }, (_, row) => values[from + row] ?? 0)));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

async function appendTexts(
  connection: DuckDBConnection,
  table: string,
  columns: readonly (readonly (string | null)[])[],
): Promise<void> {
  const count = columns[0]?.length ?? 0;
  const types = columns.map(() => VARCHAR);
  const appender = await connection.createAppender(table);
  for (let from = 0; from < count; from += loadRows) {
    const chunk = DataChunk.create(types, Math.min(loadRows, count - from));
    chunk.setColumns(columns.map((texts) => texts.slice(from, from + loadRows)));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function cellOf(value: DuckDBValue): LinkageCell {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return Number(value);
  return String(value);
}

const outOfSpace = /out of memory|failed to offload|exceeds the maximum.*temp|no space left/i;

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
    if (outOfSpace.test(reason)) {
      throw new Problem(507, "linkage_too_large", "Memory and spill space do not suffice for these tables.", {
        hint: "Link fewer records, or make room where it spills to: the data directory's disk; of files, that of --temp-dir.",
      });
    }
    if (/^(Invalid Input|IO|HTTP|Binder) Error/i.test(reason) && /read_|csv|parquet|file/i.test(reason)) {
      throw new Problem(422, "file_unreadable", `A table cannot be read: ${reason}`, {
        hint: "Check that it is CSV (UTF-8, with a header line) or Parquet, and whole.",
      });
    }
    if (/^INTERRUPT Error/i.test(reason)) throw new Problem(409, "linkage_cancelled", "The linkage was cancelled.");
    throw error;
  }
}

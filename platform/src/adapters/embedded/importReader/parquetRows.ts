import { availableParallelism } from "node:os";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { Problem } from "../../../model/problem.ts";
import type { FileRow, RowBatch } from "../../../storage/rowFile.ts";

const memoryLimitMb = 512;
/** Column names that an error lists. */
const maxListedColumns = 30;
const nestedTypes = /^(STRUCT|MAP|UNION)\b|\[\d*\]$/;

/** {@link ReadRowFile} for Parquet, by a DuckDB of its own in memory that may touch this one file and nothing else. */
export async function* readParquetRows(file: string, columns: readonly string[]): AsyncGenerator<RowBatch> {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${memoryLimitMb}MB`,
    threads: String(Math.max(1, Math.min(2, availableParallelism() - 1))),
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    temp_directory: "",
  });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run(`SET allowed_paths = [${quoted(file)}]`);
    await connection.run("SET enable_external_access = false");
    await connection.run("SET lock_configuration = true");
    yield* batches(connection, file, await selection(connection, file, columns));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function* batches(connection: DuckDBConnection, file: string, select: string): AsyncGenerator<RowBatch> {
  const sizes = await told(() =>
    connection.runAndReadAll(`SELECT num_rows, file_size_bytes FROM parquet_file_metadata(${quoted(file)})`),
  );
  const [rowCount, fileBytes] = (sizes.getRows()[0] ?? []).map(Number);
  const bytesPerRow = (fileBytes ?? 0) / Math.max(1, rowCount ?? 1);
  const result = await told(() =>
    connection.stream(`SELECT ${select} FROM read_parquet(${quoted(file)}, file_row_number = true)`),
  );
  let read = 0;
  for (;;) {
    const chunk = await told(() => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    read += chunk.rowCount;
    const rows = chunk.getRows().map(([number, ...cells]): FileRow => ({
      line: Number(number) + 1,
      cells: cells.map((cell) => (typeof cell === "string" ? cell : null)),
      fault: null,
    }));
    yield { rows, bytesRead: Math.round(read * bytesPerRow) };
  }
}

/** Everything as text, as SQL prints it; nested values as JSON. */
async function selection(connection: DuckDBConnection, file: string, columns: readonly string[]): Promise<string> {
  const described = await told(() => connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${quoted(file)})`));
  const types = new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
  const texts = columns.map((column) => {
    const type = types.get(column);
    if (type === undefined) throw columnMissing(column, [...types.keys()]);
    const name = `"${column.replaceAll('"', '""')}"`;
    return `CAST(${nestedTypes.test(type) ? `to_json(${name})` : name} AS VARCHAR)`;
  });
  return ["file_row_number", ...texts].join(", ");
}

function columnMissing(column: string, names: readonly string[]): Problem {
  const listed = names.slice(0, maxListedColumns).join(", ");
  const more = names.length > maxListedColumns ? ", …" : "";
  return new Problem(422, "column_missing", `the file has no column ${column}; it has ${listed}${more}`, {
    hint: "use the file's own spelling in the mapping",
    field: column,
  });
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
    throw new Problem(422, "file_unreadable", `the Parquet file cannot be read: ${reason}`, {
      hint: "check that it is Parquet and whole",
    });
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

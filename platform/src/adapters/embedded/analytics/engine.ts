import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { Problem } from "../../../model/problem.ts";
import { quoted } from "./sqlText.ts";
import { formatVersion, newDatabaseSql, olderDatabaseSql, upgradeSql } from "./tables.ts";
import { viewsSql } from "./views.ts";

export const defaultMemoryLimitMb = 768;
/** Of the write-ahead log; a checkpoint of that much takes a few tenths of a second and is all the writer ever waits. */
const checkpointMb = 64;
/** What sorts and joins may spill to disk beside the database. */
const maxSpillMb = 4096;

export interface EngineOptions {
  /** Holds analytics.duckdb, lake/, stage/ (files of the batch being read) and spill/. */
  directory: string;
  memoryLimitMb?: number;
}

/** The DuckDB file, its folders and one connection for each use; owned by one thread. */
export interface Engine {
  readonly paths: { lake: string; stage: string };
  readonly writer: DuckDBConnection;
  readonly timeline: DuckDBConnection;
  /** Two connections that differ in their search path: views with `profile_id`, and those without. */
  readonly query: { full: DuckDBConnection; narrow: DuckDBConnection };
  close(): void;
}

/**
 * Opens or makes the database. One of an older format is made anew: its content is a copy of what the log and the feed
 * hold. Problem 500 `analytics_unreadable` when the file is damaged (the hint says how to rebuild it), 409
 * `analytics_newer`.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const directory = resolve(options.directory);
  const paths = { lake: join(directory, "lake"), stage: join(directory, "stage") };
  const spill = join(directory, "spill");
  for (const folder of [paths.stage, spill]) rmSync(folder, { recursive: true, force: true });
  for (const folder of [paths.lake, paths.stage, spill]) mkdirSync(folder, { recursive: true });
  const file = join(directory, "analytics.duckdb");
  const instance = await openFile(file, settings(options, spill));
  const writer = await instance.connect();
  await prepareDatabase(writer);
  const timeline = await instance.connect();
  const query = { full: await instance.connect(), narrow: await instance.connect() };
  await query.full.run("SET search_path = 'main'");
  await query.narrow.run("SET search_path = 'narrow'");
  const allowed = [paths.lake, paths.stage].map((folder) => quoted(`${folder}/`)).join(",");
  // These two belong to built-in extensions, which load after the file is opened.
  await writer.run("SET GLOBAL parquet_metadata_cache = true");
  await writer.run("SET GLOBAL TimeZone = 'UTC'");
  await writer.run(`SET allowed_directories = [${allowed}]`);
  await writer.run("SET enable_external_access = false");
  await writer.run("SET lock_configuration = true");
  const connections = [query.full, query.narrow, timeline, writer];
  return {
    paths,
    writer,
    timeline,
    query,
    close() {
      for (const connection of connections) connection.closeSync();
      instance.closeSync();
    },
  };
}

function settings(options: EngineOptions, spill: string): Record<string, string> {
  return {
    memory_limit: `${options.memoryLimitMb ?? defaultMemoryLimitMb}MB`,
    // One core is left to ingestion; reading a batch of JSON in parallel costs more than it gives.
    threads: String(Math.max(1, availableParallelism() - 1)),
    checkpoint_threshold: `${checkpointMb}MB`,
    temp_directory: spill,
    max_temp_directory_size: `${maxSpillMb}MB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
  };
}

async function openFile(file: string, config: Record<string, string>): Promise<DuckDBInstance> {
  try {
    const instance = await DuckDBInstance.create(file, config);
    if (await hasOtherFormat(instance)) {
      instance.closeSync();
      for (const name of [file, `${file}.wal`]) rmSync(name, { force: true });
      return await DuckDBInstance.create(file, config);
    }
    return instance;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(500, "analytics_unreadable", `the analytic database does not open: ${firstLine(error)}`, {
      hint: "stop the platform and remove analytics.duckdb (with its .wal): it is rebuilt from the event log",
    });
  }
}

async function tableCount(connection: DuckDBConnection, where: string): Promise<number> {
  const found = await connection.runAndReadAll(`SELECT count(*)::INTEGER FROM duckdb_tables() WHERE ${where}`);
  return Number(found.getRows()[0]?.[0] ?? 0);
}

async function hasOtherFormat(instance: DuckDBInstance): Promise<boolean> {
  const connection = await instance.connect();
  try {
    if ((await tableCount(connection, "true")) === 0) return false;
    if ((await tableCount(connection, "schema_name = 'store' AND table_name = 'format'")) === 0) return true;
    const found = await connection.runAndReadAll("SELECT version FROM store.format");
    const version = Number(found.getRows()[0]?.[0]);
    if (version > formatVersion) throw newer(version);
    return version !== formatVersion && upgradeSql[version] === undefined;
  } finally {
    connection.closeSync();
  }
}

function newer(version: number): Problem {
  const what = `the analytic database has format ${version}, this program reads ${formatVersion}`;
  return new Problem(409, "analytics_newer", what, {
    hint: "run the version that wrote it, or a newer one; to stay with this one, remove the folder analytics: it is made again",
  });
}

/** Makes the tables of a new database, and what one from an earlier build lacks. */
async function prepareDatabase(writer: DuckDBConnection): Promise<void> {
  if ((await tableCount(writer, "schema_name = 'store'")) === 0) {
    for (const sql of newDatabaseSql) await writer.run(sql);
  }
  for (const sql of olderDatabaseSql) await writer.run(sql);
  await upgrade(writer);
}

/** Format by format, each in one transaction. */
async function upgrade(writer: DuckDBConnection): Promise<void> {
  const found = await writer.runAndReadAll("SELECT version FROM store.format");
  for (let version = Number(found.getRows()[0]?.[0]); version < formatVersion; version++) {
    const steps = upgradeSql[version] ?? [];
    await transaction(writer, async () => {
      for (const sql of steps) await writer.run(sql);
      await writer.run(`UPDATE store.format SET version = ${version + 1}`);
    });
  }
}

/** Transactionally swaps the views to these lake files (absolute paths). */
export async function replaceViews(writer: DuckDBConnection, lakeFiles: readonly string[]): Promise<void> {
  for (const sql of viewsSql(lakeFiles)) await writer.run(sql);
}

/** Runs `work` in one transaction of this connection; a throw rolls back. */
export async function transaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  try {
    await connection.run("BEGIN");
    const result = await work();
    await connection.run("COMMIT");
    return result;
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

const interruptEveryMs = 50;

/** Interrupts the connection's work, again and again until it has ended, once it took too long: `late` is thrown then. */
export async function within<T>(
  connection: DuckDBConnection,
  deadlineMs: number,
  late: () => Problem,
  work: () => Promise<T>,
): Promise<T> {
  let isLate = false;
  let repeating: NodeJS.Timeout | undefined;
  const waiting = setTimeout(() => {
    isLate = true;
    connection.interrupt();
    repeating = setInterval(() => connection.interrupt(), interruptEveryMs);
  }, deadlineMs);
  try {
    return await work();
  } catch (error) {
    throw isLate ? late() : error;
  } finally {
    clearTimeout(waiting);
    clearInterval(repeating);
  }
}

/** DuckDB's message without the lines that show internals. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { maxRecordsPerSegment, ordinalOf, position as positionOf, type Position } from "../../../model/position.ts";
import { firstLine } from "../analytics/engine.ts";
import { checksumOf, registeredFiles } from "../analytics/lakeCatalog.ts";
import { formatVersion } from "../analytics/tables.ts";
import { quoted } from "../analytics/sqlText.ts";
import { kinds } from "../../../buffer/segment/format.ts";
import type { LogObserver } from "./checkLog.ts";
import type { StateFacts } from "./checkState.ts";
import { removeAndStart, type Report } from "./report.ts";

const memoryLimit = "512MB";
const todo = removeAndStart("the folder analytics");
/** Of the payload of a record that becomes a row once it is processed; quotes within strings are escaped. */
const acceptedStatus = Buffer.from('"status":"accepted"');
const bodyKey = Buffer.from(',"body":');

/** Of a segment: how many rows it gives, and the sum of their ordinals, by which a wrong row among so many is noticed. */
interface Rows {
  count: number;
  ordinals: number;
}

export interface AnalyticsCheck {
  readonly observer: LogObserver;
  /** After the log has been read, `isWhole` or with gaps. */
  finish(isWhole: boolean): Promise<void>;
  close(): void;
}

/** Null, with findings, where the database cannot be opened. Nothing is written. */
export async function openAnalyticsCheck(
  parts: {
    directory: string;
    /** A folder that what does not fit into memory may go to. */
    workFolder: string;
    state: StateFacts;
    notProcessed: (from: Position, until: Position) => Set<Position>;
  },
  report: Report,
): Promise<AnalyticsCheck | null> {
  const file = join(parts.directory, "analytics.duckdb");
  if (!existsSync(file)) {
    report.checked("there is none; the next start makes it from the log");
    return null;
  }
  const find = (what: string, where = "analytics/analytics.duckdb"): void =>
    report.find("derived", { where, what, todo });
  try {
    mkdirSync(parts.workFolder, { recursive: true, mode: 0o700 });
    const config = {
      access_mode: "READ_ONLY",
      memory_limit: memoryLimit,
      temp_directory: parts.workFolder,
      threads: "1",
    };
    const instance = await DuckDBInstance.create(file, config);
    const connection = await instance.connect();
    const close = (): void => {
      connection.closeSync();
      instance.closeSync();
    };
    const progress = await progressOf(connection, find);
    if (progress !== null) return checkOver(connection, { ...parts, progress, find, close, report });
    close();
  } catch (error) {
    find(`it cannot be read: ${saidBy(error)}`);
  }
  report.checked("its database does not open");
  return null;
}

/** DuckDB's first line, without what could be a value. */
function saidBy(error: unknown): string {
  return firstLine(error)
    .replaceAll(/'[^']*'|"[^"]*"/g, "…")
    .slice(0, 160);
}

async function progressOf(connection: DuckDBConnection, find: (what: string) => void): Promise<Position | null> {
  const version = await numberOf(connection, "SELECT version FROM store.format");
  if (version !== formatVersion) {
    find(`it has format ${version}, this program reads ${formatVersion}`);
    return null;
  }
  return numberOf(connection, "SELECT position FROM store.progress");
}

interface CheckParts {
  directory: string;
  state: StateFacts;
  notProcessed: (from: Position, until: Position) => Set<Position>;
  /** What it has followed of the log. */
  progress: Position;
  find: (what: string, where?: string) => void;
  close: () => void;
  report: Report;
}

function checkOver(connection: DuckDBConnection, parts: CheckParts): AnalyticsCheck {
  const { state, progress, find, report } = parts;
  const expected = new Map<number, Rows>();
  let skipped: Set<Position> = new Set();
  let rows: Rows = { count: 0, ordinals: 0 };
  return {
    observer: {
      segment: (number) => {
        rows = { count: 0, ordinals: 0 };
        expected.set(number, rows);
        skipped = parts.notProcessed(positionOf(number, 0), Math.min(progress, positionOf(number + 1, 0)));
      },
      record: ({ position, bytes, offset, view }) => {
        if (position < state.keptFrom || position >= progress || view.kind === kinds.stub || skipped.has(position))
          return;
        const end = offset + view.totalBytes;
        if (!isEvent(bytes.subarray(end - view.payloadBytes, end))) return;
        rows.count += 1;
        rows.ordinals += ordinalOf(position);
      },
      pause: async () => undefined,
    },
    finish: async (isWhole) => {
      if (progress > state.position)
        find(`it is further (${progress}) than the state that it follows (${state.position})`);
      const files = await checkLake(connection, parts);
      await readTables(connection, find);
      if (isWhole) await compareRows(connection, { files, keptFrom: state.keptFrom }, expected, find);
      report.checked(`followed up to position ${progress}; ${files.length} files in the lake`);
    },
    close: parts.close,
  };
}

function isEvent(payload: Buffer): boolean {
  const at = payload.indexOf(acceptedStatus);
  return at !== -1 && at < payload.indexOf(bodyKey);
}

/** The lake's files that are there and listed; each is read whole where the list has its checksum. */
async function checkLake(connection: DuckDBConnection, { directory, find, report }: CheckParts): Promise<string[]> {
  const lake = join(directory, "lake");
  const listed = new Map((await registeredFiles(connection)).map((file) => [file.path, file]));
  const there = new Set(filesIn(lake));
  for (const path of there) {
    if (listed.has(path)) continue;
    const where = `analytics/lake/${path}`;
    const what = "nothing lists this file: another took its place, or something ended early";
    report.find("harmless", { where, what, todo: "nothing: the next start removes it" });
  }
  const good: string[] = [];
  for (const { path, rows, checksum } of listed.values()) {
    const where = `analytics/lake/${path}`;
    const fault = there.has(path)
      ? await lakeFault(connection, join(lake, path), rows, checksum)
      : "it is listed, and missing";
    if (fault === null) good.push(join(lake, path));
    else find(fault, where);
  }
  return good;
}

async function lakeFault(
  connection: DuckDBConnection,
  file: string,
  rows: number,
  checksum: string | null,
): Promise<string | null> {
  try {
    if (checksum !== null && (await checksumOf(file)) !== checksum) return "it does not have its checksum";
    const found = await numberOf(
      connection,
      `SELECT count(*) FROM read_parquet(${quoted(file)}, hive_partitioning = false)`,
    );
    if (found !== rows) return `it has ${found} rows instead of ${rows}`;
    if (checksum === null) await readWhole(connection, `read_parquet(${quoted(file)}, hive_partitioning = false)`);
    return null;
  } catch (error) {
    return `it cannot be read: ${saidBy(error)}`;
  }
}

/** Reads every block, each of which DuckDB compares with its checksum. */
async function readTables(connection: DuckDBConnection, find: (what: string) => void): Promise<void> {
  const found = await connection.runAndReadAll(
    "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'store' ORDER BY table_name",
  );
  for (const [name] of found.getRows()) {
    try {
      await readWhole(connection, `store.${String(name)}`);
    } catch (error) {
      find(`its table ${String(name)} cannot be read: ${saidBy(error)}`);
    }
  }
}

async function readWhole(connection: DuckDBConnection, relation: string): Promise<void> {
  await connection.runAndReadAll(`SELECT bit_xor(hash(one)) FROM ${relation} one`);
}

/** Row for row what the log gives, by segment. */
async function compareRows(
  connection: DuckDBConnection,
  { files, keptFrom }: { files: readonly string[]; keptFrom: Position },
  expected: ReadonlyMap<number, Rows>,
  find: (what: string) => void,
): Promise<void> {
  const lake =
    files.length === 0
      ? ""
      : ` UNION ALL SELECT position FROM read_parquet([${files.map(quoted).join(",")}], hive_partitioning = false)`;
  const found = new Map<number, Rows>();
  try {
    const rows = await connection.runAndReadAll(
      `SELECT position // ${maxRecordsPerSegment} AS segment, count(*), sum(position % ${maxRecordsPerSegment})
       FROM (SELECT position FROM store.hot${lake}) WHERE position >= ${keptFrom} GROUP BY 1`,
    );
    for (const [segment, count, ordinals] of rows.getRows()) {
      found.set(Number(segment), { count: Number(count), ordinals: Number(ordinals) });
    }
  } catch (error) {
    find(`its events cannot be read: ${saidBy(error)}`);
    return;
  }
  const segments = new Set([...expected.keys(), ...found.keys()]);
  for (const segment of [...segments].sort((one, other) => one - other)) {
    const want = expected.get(segment) ?? { count: 0, ordinals: 0 };
    const have = found.get(segment) ?? { count: 0, ordinals: 0 };
    if (want.count === have.count && want.ordinals === have.ordinals) continue;
    const what = want.count === have.count ? "other events than" : `${have.count} events instead of`;
    find(`of log segment ${segment} it has ${what} the ${want.count} that were processed`);
  }
}

async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0] ?? 0);
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

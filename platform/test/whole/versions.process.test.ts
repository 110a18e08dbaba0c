import { readFileSync, writeFileSync } from "node:fs";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import pino from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formatVersion } from "../../src/adapters/embedded/analytics/tables.ts";
import { openKeyTree } from "../../src/adapters/embedded/messages/keyTree.ts";
import { openEventLog } from "../../src/adapters/embedded/eventLog/writer.ts";
import { openPlatform } from "../../src/runtime/embedded.ts";
import { servePlatform } from "../../src/runtime/serve.ts";
import { examineDirectory } from "../../src/runtime/doctor.ts";
import { platformVersion } from "../../src/model/version.ts";
import { wholeDirectory, type WholeDirectory } from "../wholeDirectory.ts";

let original: WholeDirectory;
let directory: WholeDirectory;
beforeAll(async () => {
  original = await wholeDirectory(200);
});
afterAll(() => original.remove());
beforeEach(() => {
  directory = original.copy();
});
afterEach(() => directory.remove());

const path = (name: string): string => join(directory.dataDir, name);

function sql(file: string, statement: string): void {
  const database = new DatabaseSync(path(file));
  database.exec(statement);
  database.close();
}

async function analyticsSql(statement: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path("analytics/analytics.duckdb"));
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(statement)).getRows();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

function userVersion(file: string): number {
  const database = new DatabaseSync(path(file), { readOnly: true });
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  database.close();
  return version;
}

/** What of all that `doctor --deep` finds is not harmless. */
async function harm(): Promise<unknown[]> {
  const { findings } = await examineDirectory(directory.settings, { isDeep: true, progress: () => undefined });
  return findings.filter(({ severity }) => severity !== "harmless");
}

/** Opens and closes; what stops the start. */
async function start(): Promise<unknown> {
  try {
    const platform = await openPlatform(directory.settings);
    await platform.drained();
    await platform.close();
    return null;
  } catch (error) {
    return error;
  }
}

function newerSegment(): void {
  const file = path("log/0000000000.log");
  const bytes = readFileSync(file);
  bytes.writeUInt32LE(99, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  writeFileSync(file, bytes);
}

function newerFilter(): void {
  const folder = path("messages/filters");
  const [name = ""] = readdirSync(folder);
  const bytes = readFileSync(join(folder, name));
  bytes.writeUInt32LE(99, 8);
  writeFileSync(join(folder, name), bytes);
}

async function newerFilters(): Promise<void> {
  const tree = await openKeyTree(path("messages"));
  await tree.put(Buffer.from("filters"), Buffer.from(JSON.stringify({ version: 99, before: 0, files: [] })));
  await tree.close();
}

describe("a file that a newer program wrote", () => {
  it.each<[string, string, () => void | Promise<unknown>, RegExp]>([
    ["log", "log_format_newer", newerSegment, /Run the newer version/],
    [
      "sources and tokens",
      "access_store_newer",
      () => sql("access.sqlite", "PRAGMA user_version = 99"),
      /run the version/,
    ],
    ["state", "state_newer", () => sql("state.sqlite", "PRAGMA user_version = 99001"), /c360 rebuild/],
    ["search", "search_newer", () => sql("search.sqlite", "PRAGMA user_version = 99"), /remove search\.sqlite/],
    [
      "review queue",
      "reviews_newer",
      () => sql("reviews.sqlite", "PRAGMA user_version = 99"),
      /move reviews\.sqlite away/,
    ],
    [
      "linkage index",
      "linkage_newer",
      () => sql("linkage.sqlite", "PRAGMA user_version = 99"),
      /remove linkage\.sqlite/,
    ],
    ["analytics", "analytics_newer", () => analyticsSql("UPDATE store.format SET version = 99"), /remove the folder/],
    ["message filter", "message_index_newer", newerFilter, /remove the folder messages/],
    ["message index", "message_index_newer", newerFilters, /remove the folder messages/],
  ])("is refused, with who wrote it and what to do: %s", async (_kind, code, spoil, hint) => {
    await spoil();
    writeFileSync(path("program.json"), '{"version":"9.1.0"}\n');
    const problem = await start();
    expect(problem).toMatchObject({ code, hint: expect.stringMatching(hint) });
    expect((problem as Error).message).toMatch(/99/);
    expect((problem as Error).message).toContain(`Version 9.1.0 wrote here last; this is ${platformVersion}.`);
    // It stays as it was, for the program that can read it.
    expect(await start()).toMatchObject({ code });
    const { findings } = await examineDirectory(directory.settings, { isDeep: false, progress: () => undefined });
    expect(findings.filter(({ severity }) => severity !== "harmless").length).toBeGreaterThan(0);
  });

  it("stops ingestion at a record of a kind that this one does not know, instead of refusing what it says", async () => {
    const log = await openEventLog({ directory: path("log") });
    const payload = Buffer.from(
      '{"v":99,"status":"wonderful","source":"web","messageId":"m","receivedAt":1,"body":{}}',
    );
    await log.append([{ fragment: "AAAAAAAAAAAAAAAA", message: "BBBBBBBBBBBBBBBB", payload }]);
    await log.close();
    const died = Promise.withResolvers<Error>();
    const platform = await openPlatform(directory.settings, { onDeath: died.resolve });
    expect(await died.promise).toMatchObject({ code: "record_newer", hint: expect.stringContaining("newer") });
    await platform.close();
    const state = new DatabaseSync(path("state.sqlite"), { readOnly: true });
    expect(state.prepare("SELECT count(*) AS refused FROM rejected WHERE reason LIKE '%unreadable%'").get()).toEqual({
      refused: 0,
    });
    state.close();
  });

  it("leaves its version at each start", async () => {
    writeFileSync(path("program.json"), '{"version":"0.0.1"}\n');
    expect(await start()).toBe(null);
    expect(JSON.parse(readFileSync(path("program.json"), "utf8"))).toEqual({ version: platformVersion });
  });
});

describe("a file that an older program wrote", () => {
  it("the state is folded anew by serve, which says so, and asked for elsewhere", async () => {
    const version = userVersion("state.sqlite");
    sql("state.sqlite", `UPDATE details SET traits = '{}'; PRAGMA user_version = ${version - 2_000}`);
    expect(await start()).toMatchObject({ code: "state_older", hint: expect.stringContaining("c360 rebuild") });
    let said = "";
    const log = pino({ level: "warn", base: null }, { write: (line: string) => (said += line) });
    const upgrades: string[] = [];
    const settings = { ...directory.settings, port: 0 };
    const noting = (what: string) => () =>
      void upgrades.push(`${what}, the state is of ${userVersion("state.sqlite")}`);
    const told = { onUpgrade: noting("begins"), onUpgraded: noting("is over") };
    const served = await servePlatform(settings, { log, ...told });
    await served.close();
    expect(upgrades).toEqual([`begins, the state is of ${version - 2_000}`, `is over, the state is of ${version}`]);
    expect(said).toMatch(/upgrading: the log is folded again[^]*upgraded/);
    expect(userVersion("state.sqlite")).toBe(version);
    expect(await harm()).toEqual([]);
  });

  it("the state of another home currency is not folded anew unasked: that may be a slip", async () => {
    const settings = { ...directory.settings, port: 0, homeCurrency: "EUR" };
    const log = pino({ level: "silent" });
    await expect(servePlatform(settings, { log })).rejects.toMatchObject({ code: "state_settings" });
  });

  it("search is made again, analytics upgraded in place or made again", async () => {
    const version = userVersion("search.sqlite");
    sql("search.sqlite", `PRAGMA user_version = ${version - 1}`);
    const [before] = await analyticsSql("SELECT count(*) FROM store.lake_files");
    await analyticsSql("ALTER TABLE store.lake_files DROP COLUMN checksum");
    await analyticsSql("DROP TABLE store.home_ties");
    await analyticsSql("UPDATE store.format SET version = 2");
    expect(await start()).toBe(null);
    expect(userVersion("search.sqlite")).toBe(version);
    expect(await analyticsSql("SELECT version FROM store.format")).toEqual([[formatVersion]]);
    expect(await analyticsSql("SELECT count(*) FROM store.lake_files")).toEqual([before]);
    await analyticsSql("UPDATE store.format SET version = 1");
    expect(await start()).toBe(null);
    expect(await analyticsSql("SELECT version FROM store.format")).toEqual([[formatVersion]]);
    expect(await harm()).toEqual([]);
  });
});

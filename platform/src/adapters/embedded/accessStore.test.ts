import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accessStoreContract } from "../../storage/accessContract.ts";
import { accessFormat, openAccessStore } from "./accessStore.ts";

const parts = { now: Date.now, randomBytes };

accessStoreContract("embedded", async () => {
  const directory = mkdtempSync(join(tmpdir(), "c360-access-"));
  return {
    open: () => openAccessStore(join(directory, "access.sqlite"), parts),
    dispose: async () => rmSync(directory, { recursive: true }),
    stored: async () =>
      readdirSync(directory)
        .map((name) => readFileSync(join(directory, name), "latin1"))
        .join("\n"),
  };
});

describe("the file of sources and tokens", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "c360-access-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("is not opened when it is something else", async () => {
    const file = join(directory, "access.sqlite");
    writeFileSync(file, "no database at all, but longer than a header of a hundred bytes would be ".repeat(4));
    await expect(openAccessStore(file, parts)).rejects.toMatchObject({ status: 500, code: "access_store_damaged" });
    expect(readFileSync(file, "utf8")).toMatch(/^no database/);
  });

  it("is not opened when a newer program wrote it", async () => {
    const file = join(directory, "access.sqlite");
    const newer = new DatabaseSync(file);
    newer.exec(`PRAGMA user_version = ${accessFormat + 1}`);
    newer.close();
    await expect(openAccessStore(file, parts)).rejects.toMatchObject({ status: 500, code: "access_store_newer" });
  });

  it("of the format before limits goes on with what it holds", async () => {
    const file = join(directory, "access.sqlite");
    const older = new DatabaseSync(file);
    older.exec(`CREATE TABLE sources (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL,
        enabled INTEGER NOT NULL, created_at INTEGER NOT NULL, key_hash TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE tokens (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL,
        hash TEXT NOT NULL UNIQUE) STRICT;
      INSERT INTO sources VALUES ('web', 'Web shop', 'web', 0, 1, 'h'); PRAGMA user_version = 1;`);
    older.close();
    for (const limit of [null, 50]) {
      const store = await openAccessStore(file, parts);
      const source = { id: "web", name: "Web shop", kind: "web", enabled: false, createdAt: 1 };
      expect(await store.sources()).toEqual([{ ...source, maxEventsPerSecond: limit }]);
      await store.changeSource("web", { maxEventsPerSecond: 50 });
      await store.close();
    }
  });

  it("is told when its directory is not there", async () => {
    const file = join(directory, "gone", "access.sqlite");
    await expect(openAccessStore(file, parts)).rejects.toMatchObject({ code: "access_store_damaged" });
  });

  it("knows nothing that could not be written", async () => {
    const file = join(directory, "access.sqlite");
    const before = await openAccessStore(file, parts);
    const { source, writeKey } = await before.createSource({ id: "web", kind: "web" });
    const { id, token } = await before.createToken("ci");
    await before.close();
    refuseWrites(file, true);
    const store = await openAccessStore(file, parts);
    const changes = [
      store.createSource({ id: "till", kind: "pos", writeKey: "brought-along" }),
      store.rotateWriteKey("web", "brought-along"),
      store.changeSource("web", { enabled: false }),
      store.createToken("second"),
      store.revokeToken(id),
    ];
    for (const change of await Promise.allSettled(changes)) expect(change.status).toBe("rejected");
    expect(await store.sources()).toEqual([source]);
    expect(await store.sourceOfWriteKey(writeKey)).toEqual(source);
    expect(await store.sourceOfWriteKey("brought-along")).toBeNull();
    expect(await store.isToken(token)).toBe(true);
    expect(await store.tokens()).toHaveLength(1);
    await store.close();
    refuseWrites(file, false);
    const after = await openAccessStore(file, parts);
    expect((await after.rotateWriteKey("web", "brought-along")).source).toEqual(source);
    await after.close();
  });

  it("is not opened while another has it", async () => {
    const file = join(directory, "access.sqlite");
    const store = await openAccessStore(file, parts);
    await expect(openAccessStore(file, parts)).rejects.toMatchObject({ status: 409, code: "data_dir_in_use" });
    await store.createToken("still writes");
    await store.close();
    await (await openAccessStore(file, parts)).close();
  });

  it("orders tokens by when they were made", async () => {
    const times = [3, 1, 2];
    const store = await openAccessStore(join(directory, "access.sqlite"), { ...parts, now: () => times.shift() ?? 9 });
    for (const name of ["third", "first", "second"]) await store.createToken(name);
    expect((await store.tokens()).map(({ name }) => name)).toEqual(["first", "second", "third"]);
    await store.close();
    await store.close();
  });
});

/** Lets every write fail, as a full disk would. */
function refuseWrites(file: string, isRefused: boolean): void {
  const database = new DatabaseSync(file);
  for (const table of ["sources", "tokens"]) {
    for (const verb of ["INSERT", "UPDATE", "DELETE"]) {
      const name = `no_${verb}_${table}`;
      const fail = `BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(ABORT, 'no'); END`;
      database.exec(isRefused ? `CREATE TRIGGER ${name} ${fail}` : `DROP TRIGGER ${name}`);
    }
  }
  database.close();
}

import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { retentionRecordOf } from "../../../model/retention.ts";
import { accepted, foldings, hash } from "../../../../test/pipelineHarness.ts";
import { openStateStore } from "../state/stateStore.ts";
import { declareBase, makeBase } from "./makeBase.ts";
import { baseManifestFile, readBase, type Base } from "./manifest.ts";
import { baseFault, takeBase } from "./takeBase.ts";

const folding = foldings();
const hashKey = Buffer.alloc(32, 7);

let folder: string;
let stateFile: string;
const directory = (): string => join(folder, "base");
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "c360-base-"));
  const one = await folding();
  const views = ["a", "b", "c"].map((messageId) => accepted({ messageId, identifiers: ["user_id:ada"] }));
  await one.deliver([...views, retentionRecordOf({ from: 0, end: 2, until: 2 }, 0)]);
  stateFile = one.file;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const make = (more: { stateFile?: string; now?: number } = {}): Promise<Base> =>
  makeBase({
    stateFile: more.stateFile ?? stateFile,
    directory: directory(),
    hashKey,
    platform: "0.1.0",
    now: () => more.now ?? 0,
    bytesPerS: null,
  });
const take = async (key: Uint8Array = hashKey): Promise<string> => {
  const to = join(folder, "taken.sqlite");
  await takeBase(directory(), readBase(directory()) as Base, key, to);
  return to;
};
const problem = (code: string) => expect.objectContaining({ code });

describe("a base", () => {
  it("is a copy of the state that says what is kept, and counts once it is declared", async () => {
    expect(readBase(directory())).toBeNull();
    const base = await make();
    expect(base).toMatchObject({ format: 1, position: 4, keptFrom: 2, file: "4.sqlite" });
    expect(readBase(directory())).toBeNull();
    await declareBase(directory(), base);
    expect(readBase(directory())).toEqual(base);
    expect(readdirSync(directory()).sort()).toEqual(["4.sqlite", baseManifestFile]);
    expect(await baseFault(directory(), base)).toBeNull();
    const store = openStateStore({ file: await take(), hash, foldedWith: {} });
    expect([await store.position(), await store.kept()]).toEqual([4, { from: 2, records: 2, exceptions: 0 }]);
    await store.close();
  });

  it("has a feed of its own once it is taken", async () => {
    await declareBase(directory(), await make());
    const feedOf = (file: string): unknown => {
      const database = new DatabaseSync(file);
      const found = database.prepare("SELECT value FROM folded_with WHERE name = 'feed'").get()?.["value"];
      database.close();
      return found;
    };
    const taken = await take();
    await openStateStore({ file: taken, hash, foldedWith: {} }).close();
    expect(feedOf(taken)).not.toBe(feedOf(stateFile));
  });

  it("has the state's name once all of it is there, and leaves nothing else", async () => {
    await declareBase(directory(), await make());
    const to = join(folder, "taken.sqlite");
    const left = `${to}.new`;
    writeFileSync(left, "of a run that was killed");
    writeFileSync(`${left}-journal`, "");
    const taking = takeBase(directory(), readBase(directory()) as Base, hashKey, to);
    expect([existsSync(to), existsSync(left)]).toEqual([false, true]);
    await taking;
    expect(readdirSync(folder).sort()).toEqual(["base", "taken.sqlite"]);
  });

  it("of a state that is not sound is refused, and the former one stays", async () => {
    const former = await make();
    await declareBase(directory(), former);
    const broken = join(folder, "broken.sqlite");
    const database = new DatabaseSync(stateFile);
    database.exec(`VACUUM INTO '${broken}'`);
    database.close();
    const hurt = new DatabaseSync(broken);
    hurt.exec("DELETE FROM persons");
    hurt.close();
    await expect(make({ stateFile: broken })).rejects.toThrow(problem("base_refused"));
    expect(readBase(directory())).toEqual(former);
    expect(await baseFault(directory(), former)).toBeNull();
    expect(readdirSync(directory()).sort()).toEqual(["4.sqlite", baseManifestFile]);
  });

  it.each([
    ["its bytes", () => flip(join(directory(), "4.sqlite"), 5_000), "base_damaged"],
    ["its length", () => writeFileSync(join(directory(), "4.sqlite"), "short"), "base_damaged"],
    ["nothing at all", () => rmSync(join(directory(), "4.sqlite")), "base_damaged"],
    ["its manifest", () => flip(join(directory(), baseManifestFile), 200), "base_damaged"],
    ["a newer manifest", () => rewrite('"format": 1', '"format": 2'), "base_newer"],
  ])("that is hurt in %s is not taken", async (_what, hurt, code) => {
    await declareBase(directory(), await make());
    hurt();
    await expect(take()).rejects.toThrow(problem(code));
    expect(readdirSync(folder)).toEqual(["base"]);
  });

  it("of another hash.key is not taken", async () => {
    await declareBase(directory(), await make());
    await expect(take(Buffer.alloc(32, 8))).rejects.toThrow(problem("base_damaged"));
  });

  it("of the tables of an older version is taken over as the state is", async () => {
    await declareBase(directory(), await make());
    const taken = await take();
    const older = new DatabaseSync(taken);
    const version = Number(older.prepare("PRAGMA user_version").get()?.["user_version"]);
    older.exec(`DROP TABLE kept; DROP TABLE left_parts; PRAGMA user_version = ${version - 1_000}`);
    older.close();
    copyFileSync(taken, join(folder, "older.sqlite"));
    const store = openStateStore({ file: taken, hash, foldedWith: {} });
    expect(await store.kept()).toEqual({ from: 0, records: 0, exceptions: 0 });
    expect(await store.position()).toBe(4);
    await store.close();
    const other = new DatabaseSync(join(folder, "older.sqlite"));
    other.exec(`PRAGMA user_version = ${version - 1_000 + 1}`);
    other.close();
    const open = () => openStateStore({ file: join(folder, "older.sqlite"), hash, foldedWith: {} });
    expect(open).toThrow(problem("state_older"));
  });
});

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function rewrite(from: string, to: string): void {
  const file = join(directory(), baseManifestFile);
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

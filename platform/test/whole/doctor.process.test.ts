import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkLog } from "../../src/adapters/embedded/doctor/checkLog.ts";
import { archiveSegment } from "../../src/adapters/embedded/eventLog/archive.ts";
import { nodeDisk } from "../../src/adapters/embedded/eventLog/disk.ts";
import { examination } from "../../src/adapters/embedded/doctor/report.ts";
import { openPlatform } from "../../src/runtime/embedded.ts";
import { examineDirectory, type Examined } from "../../src/runtime/doctor.ts";
import { run } from "../../src/cli/io.fake.ts";
import { randomFrom } from "./senders.ts";
import { wholeDirectory, type WholeDirectory } from "../wholeDirectory.ts";

let original: WholeDirectory;
let directory: WholeDirectory;
beforeAll(async () => {
  original = await wholeDirectory();
});
afterAll(() => original.remove());
beforeEach(() => {
  directory = original.copy();
});
afterEach(() => directory.remove());

const path = (name: string): string => join(directory.dataDir, name);

async function examine(isDeep = false): Promise<Examined> {
  return examineDirectory(directory.settings, { isDeep, progress: () => undefined });
}

/** Parts with findings that are not harmless, and how bad they are. */
async function badParts(isDeep = false): Promise<string[]> {
  const { findings } = await examine(isDeep);
  const bad = findings.filter(({ severity }) => severity !== "harmless");
  return [...new Set(bad.map(({ part, severity }) => `${part}: ${severity}`))];
}

/** The log's part alone, which is all that is asked here of hundreds. */
async function badInLog(): Promise<unknown[]> {
  const exam = examination();
  await checkLog(path("log"), { isServed: false, observers: [], onBytes: () => undefined }, exam.of("log"));
  return exam.findings();
}

function flip(file: string, at: number, bit: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  writeFileSync(file, bytes);
}

function sql(file: string, statement: string): void {
  const database = new DatabaseSync(path(file));
  database.exec(statement);
  database.close();
}

function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(path(folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

const random = randomFrom(7);
const pick = (most: number): number => Math.floor(random() * most);

describe("c360 doctor", () => {
  it("is content with what a stopped platform leaves, shallow and deep, and changes nothing", async () => {
    const before = listing();
    for (const isDeep of [false, true]) {
      const { checks, findings, isServed } = await examine(isDeep);
      expect(findings).toEqual([]);
      expect(isServed).toBe(false);
      expect(checks.map(({ part, isChecked }) => [part, isChecked])).toEqual(
        "files hash.key log base state messages analytics search linkage reviews access"
          .split(" ")
          .map((part) => [part, true]),
      );
    }
    expect(listing()).toEqual(before);
    expect(filesUnder("messages/filters", ".filter").length).toBeGreaterThan(0);
    expect(filesUnder("log", ".log").length).toBeGreaterThan(4);
    expect(filesUnder("analytics/lake", ".parquet").length).toBeGreaterThan(4);
    expect(filesUnder("messages", ".ldb").length + filesUnder("messages", ".log").length).toBeGreaterThan(0);
  });

  /** Sizes of everything that is not remade by opening (SQLite's side files). */
  function listing(): [string, number][] {
    return readdirSync(directory.dataDir, { recursive: true, encoding: "utf8" })
      .filter((name) => !/-(wal|shm)$|^lock|^server\.json|LOG/.test(name))
      .sort()
      .map((name) => [name, statSync(path(name)).size]);
  }

  it("finds a bit that flipped anywhere in a sealed segment of the log", async () => {
    for (const file of filesUnder("log", ".log").slice(0, -1)) {
      const size = statSync(path(file)).size;
      for (const at of [0, 9, 30, 40, size - 30, size - 3, ...Array.from({ length: 40 }, () => pick(size))]) {
        const bit = pick(8);
        flip(path(file), at, bit);
        expect({ file, at, bad: await badInLog() }).toMatchObject({ bad: [{ part: "log", severity: "data" }] });
        flip(path(file), at, bit);
      }
    }
    expect(await badParts()).toEqual([]);
  });

  it("is content with archived segments, and finds a bit that flipped in one", async () => {
    const sealed = filesUnder("log", ".log").slice(0, -1);
    for (const nth of sealed.keys()) {
      await archiveSegment(path("log"), nth, { disk: nodeDisk, pace: async () => undefined, blockBytes: 4_096 });
    }
    const { findings, checks } = await examine(true);
    expect(findings).toEqual([]);
    expect(JSON.stringify(checks)).toContain(`(${sealed.length} archived)`);
    for (const file of sealed) {
      const size = statSync(path(file)).size;
      for (const at of [0, 9, 30, 40, size - 30, size - 3, ...Array.from({ length: 20 }, () => pick(size))]) {
        const bit = pick(8);
        flip(path(file), at, bit);
        expect({ file, at, bad: await badInLog() }).toMatchObject({ bad: [{ part: "log", severity: "data" }] });
        flip(path(file), at, bit);
      }
    }
    truncateSync(path(sealed[0] ?? ""), 500);
    expect(await badInLog()).toMatchObject([{ part: "log", severity: "data" }]);
  });

  it("finds a bit that flipped in the segment that is being written, but takes the last record for a torn one", async () => {
    const file = filesUnder("log", ".log").at(-1) ?? "";
    const size = statSync(path(file)).size;
    flip(path(file), 100, 3);
    expect(await badParts()).toContain("log: data");
    flip(path(file), 100, 3);
    flip(path(file), size - 5, 3);
    const { findings } = await examine();
    // That the state has decided it gives it away.
    expect(findings.map(({ part, severity }) => `${part}: ${severity}`)).toEqual(
      expect.arrayContaining(["log: harmless", "state: data"]),
    );
  });

  it("finds segments that are missing, cut short, or were never written", async () => {
    const segments = filesUnder("log", ".log");
    const middle = path(segments[2] ?? "");
    renameSync(middle, `${middle}.away`);
    expect(await badParts()).toContain("log: data");
    renameSync(`${middle}.away`, middle);
    truncateSync(middle, statSync(middle).size - 1_000);
    expect(await badParts()).toContain("log: data");
    directory.remove();
    directory = original.copy();
    rmSync(path(segments[0] ?? ""));
    expect(await badParts()).toContain("state: data");
    directory.remove();
    directory = original.copy();
    rmSync(path(segments.at(-1) ?? ""));
    expect(await badParts()).toContain("state: data");
  });

  it("finds a hash.key that is another's, damaged, or missing", async () => {
    for (const content of ["k".repeat(32), "short"]) {
      writeFileSync(path("hash.key"), content);
      expect(await badParts()).toEqual(["hash.key: data"]);
    }
    flip(path("hash.key"), 3, 1);
    rmSync(path("hash.key"));
    expect(await badParts()).toEqual(["hash.key: data"]);
    expect(existsSync(path("hash.key"))).toBe(false);
  });

  it("finds what is broken in the state: its pages, its rules, and, deep, what a row says", async () => {
    for (const [statement, what] of [
      ["DELETE FROM persons WHERE person = (SELECT max(person) FROM persons)", "belong to a person"],
      ["DELETE FROM identifiers WHERE person = (SELECT max(person) FROM persons)", "have no identifier"],
      ["UPDATE persons SET profile_id = 'p_none' WHERE person = 2", "none of their identifiers"],
      ["UPDATE details SET traits = '{' || substr(traits, 3)", "what cannot be read"],
      ["UPDATE head SET next_number = 3", "counted as given"],
      ["DELETE FROM feed WHERE version = 40", "middle of the feed"],
      ["DELETE FROM seen_again", "the message that they repeat"],
      ["DELETE FROM duplicates; DELETE FROM seen_again", "have a fate"],
      ["UPDATE rejected SET position = position + 100000000", "not decided yet"],
    ] as const) {
      sql("state.sqlite", statement);
      const { findings } = await examine();
      expect(findings.map((finding) => finding.what).join("\n")).toContain(what);
      expect(findings.filter(({ part }) => part === "state").every(({ todo }) => todo === "c360 rebuild")).toBe(true);
      directory.remove();
      directory = original.copy();
    }
    for (const at of [0, 17, 4_096 * 3, 4_096 * 5 + 1]) {
      flip(path("state.sqlite"), at, 2);
      expect({ at, bad: await badParts() }).toMatchObject({ bad: expect.arrayContaining(["state: derived"]) });
      flip(path("state.sqlite"), at, 2);
    }
    const text = readFileSync(path("state.sqlite"), "latin1");
    writeFileSync(path("state.sqlite"), text.replaceAll("Name 33", "Mame 33"), "latin1");
    expect(await badParts()).toEqual([]);
    expect(await badParts(true)).toContain("state: derived");
    // What is wrong with files (who may read them, room on the disk) does not keep it from folding.
    chmodSync(directory.dataDir, 0o755);
    expect(await badParts(true)).toEqual(["files: data", "state: derived"]);
  });

  it("finds a bit that flipped in the message index", async () => {
    for (const file of [...filesUnder("messages/filters", ".filter"), ...filesUnder("messages/filters", ".keys")]) {
      const size = statSync(path(file)).size;
      for (const at of [0, 9, 13, 20, size - 1, pick(size)]) {
        flip(path(file), at, 4);
        expect({ file, at, bad: await badParts() }).toMatchObject({ bad: ["messages: derived"] });
        flip(path(file), at, 4);
      }
    }
    const tables = filesUnder("messages", ".ldb");
    expect(tables.length).toBeGreaterThan(0);
    for (const file of tables) {
      const size = statSync(path(file)).size;
      for (const at of [0, size - 48, size - 1, ...Array.from({ length: 8 }, () => pick(size - 48))]) {
        flip(path(file), at, 4);
        expect({ file, at, bad: await badParts() }).toMatchObject({ bad: ["messages: derived"] });
        flip(path(file), at, 4);
      }
    }
    expect(await badParts(true)).toEqual([]);
    rmSync(path(filesUnder("messages", "CURRENT")[0] ?? ""));
    expect(await badParts()).toEqual(["messages: derived"]);
  });

  it("finds what is wrong with the lake and its database", async () => {
    const lake = filesUnder("analytics/lake", ".parquet");
    for (const file of lake.slice(0, 3)) {
      const size = statSync(path(file)).size;
      for (const at of [0, size - 1, pick(size), pick(size)]) {
        flip(path(file), at, 5);
        expect({ file, at, bad: await badParts() }).toMatchObject({ bad: ["analytics: derived"] });
        flip(path(file), at, 5);
      }
    }
    const [one = ""] = lake;
    renameSync(path(one), path(`${one}.away`));
    const { findings } = await examine();
    expect(findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining([expect.stringContaining("nothing lists"), "it is listed, and missing"]),
    );
    renameSync(path(`${one}.away`), path(one));
    for (const at of [8, 4_096, 4_096 * 3 + 500]) {
      flip(path("analytics/analytics.duckdb"), at, 3);
      expect({ at, bad: await badParts() }).toMatchObject({ bad: ["analytics: derived"] });
      flip(path("analytics/analytics.duckdb"), at, 3);
    }
    expect(await badParts()).toEqual([]);
  });

  it("finds what is wrong with search and with sources and tokens", async () => {
    sql("search.sqlite", "DELETE FROM entries WHERE number = 3");
    expect(await badParts()).toEqual(["search: derived"]);
    sql("access.sqlite", "UPDATE tokens SET hash = 'x' || substr(hash, 2)");
    expect(await badParts()).toEqual(["search: derived", "access: data"]);
    for (const file of ["search.sqlite", "access.sqlite"]) flip(path(file), 3, 1);
    expect(await badParts()).toEqual(["search: derived", "access: data"]);
    rmSync(path("access.sqlite"));
    expect(await badParts()).toEqual(["search: derived", "access: data"]);
  });

  it("finds what is wrong with the review queue and its index of profiles, and with a queue that was set aside", async () => {
    sql("linkage.sqlite", "UPDATE progress SET records = records + 1");
    expect(await badParts()).toEqual(["linkage: derived"]);
    rmSync(path("linkage.sqlite"));
    sql(
      "reviews.sqlite",
      `INSERT INTO reviews VALUES ('a~b', 'a', 'b', 'x:a', 'x:b', 0.9, 1, 1, '[', 0, 'live', 1, 1, 'open', -0.9, NULL, NULL, '[]')`,
    );
    expect(await badParts()).toEqual(["reviews: data"]);
    flip(path("reviews.sqlite"), 3, 1);
    expect(await badParts()).toEqual(["reviews: data"]);
    renameSync(path("reviews.sqlite"), path("reviews.sqlite.damaged"));
    const { findings } = await examine();
    expect(findings).toMatchObject([
      {
        part: "files",
        severity: "data",
        where: "reviews.sqlite.damaged",
        what: expect.stringContaining("set it aside"),
      },
    ]);
  });

  it("tells who may read what, and what was left behind, which is harmless", async () => {
    chmodSync(path("access.sqlite"), 0o640);
    chmodSync(directory.dataDir, 0o755);
    mkdirSync(path("rebuilding"));
    writeFileSync(path("log/0000000099.log.new"), "");
    const { findings } = await examine();
    expect(findings.map(({ where, severity }) => [where, severity])).toEqual([
      [".", "data"],
      ["access.sqlite", "data"],
      ["rebuilding", "harmless"],
      ["log/0000000099.log.new", "harmless"],
    ]);
  });

  it("takes what a crash leaves for what it is", async () => {
    appendFileSync(path(filesUnder("log", ".log").at(-1) ?? ""), Buffer.alloc(50, 9));
    rmSync(path("search.sqlite"));
    rmSync(path("messages"), { recursive: true });
    rmSync(path("analytics"), { recursive: true });
    const { findings } = await examine();
    expect(findings.map(({ part, severity }) => [part, severity])).toEqual([["log", "harmless"]]);
  });

  it("looks at what it can beside a running platform, on the command line too", async () => {
    const platform = await openPlatform(directory.settings);
    try {
      const { checks, findings, isServed } = await examine();
      expect(findings).toEqual([]);
      expect(isServed).toBe(true);
      expect(checks.filter(({ isChecked }) => !isChecked).map(({ part }) => part)).toEqual([
        "messages",
        "analytics",
        "access",
      ]);
      await expect(examine(true)).rejects.toMatchObject({ code: "data_dir_in_use" });
    } finally {
      await platform.close();
    }
    const runtime = { runtime: { examineDirectory } };
    const well = await run(["doctor", "--data-dir", directory.dataDir], runtime);
    expect([well.code, well.out]).toEqual([0, expect.stringContaining("all is well")]);
    flip(path(filesUnder("log", ".log")[1] ?? ""), 500, 1);
    const bad = await run(["doctor", "--data-dir", directory.dataDir], runtime);
    expect(bad.code).toBe(3);
    expect(bad.out).toMatch(/DATA AT RISK: log\/0000000001\.log, byte \d+: record \d+ of \d+ cannot be read/);
    expect(bad.out).toContain("c360 restore BACKUP --data-dir NEW_FOLDER");
    const json = await run(["doctor", "--json", "--data-dir", directory.dataDir], runtime);
    expect(json.json).toMatchObject({ isContent: false, server: "stopped", findings: [{ part: "log" }] });
    const none = await run(["doctor", "--data-dir", path("none")], runtime);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining("There is no data at")]);
  });
});

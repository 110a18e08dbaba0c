import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type AnalyticsCore, type CoreOptions, openAnalytics } from "./core.ts";
import { eventOf, FakeFollowed, fragmentNamed, profileOf, temporaryDirectory } from "./followedFakes.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function directory(): string {
  const made = temporaryDirectory();
  cleanups.push(made.remove);
  return made.path;
}

async function open(followed: FakeFollowed, path: string, more: Partial<CoreOptions> = {}): Promise<AnalyticsCore> {
  const core = await openAnalytics({
    homeCurrency: "GBP",
    directory: path,
    log: followed.reader(),
    decided: followed.decided(),
    now: () => Date.UTC(2026, 0, 15, 13),
    ...more,
  });
  cleanups.push(() => core.close().catch(() => undefined));
  return core;
}

async function count(core: AnalyticsCore): Promise<unknown[]> {
  const sql = "SELECT count(*), count(DISTINCT message_id), min(occurred_at), max(properties) FROM events";
  return (await core.query(sql, 1)).rows[0] ?? [];
}

function lakeFiles(path: string): string[] {
  return readdirSync(join(path, "lake"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.includes("."))
    .sort();
}

function fill(followed: FakeFollowed, from: number, until: number): void {
  for (let at = from; at < until; at++) {
    const fragment = fragmentNamed(at % 2 === 0 ? "A" : "_");
    const occurredAt = Date.UTC(2025, at % 4 === 0 ? 11 : 10, 1 + (at % 20));
    followed.append(fragment, eventOf({ messageId: `m${at}`, occurredAt, body: { properties: { at } } }));
  }
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error("did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("the lake", () => {
  test("is laid out by month and bucket, in files named by their positions, and answers stay the same", async () => {
    const followed = new FakeFollowed();
    fill(followed, 0, 40);
    followed.setProfile("p_a", { profile: profileOf("p_a", 1), fragments: [fragmentNamed("A")] });
    const path = directory();
    const core = await open(followed, path, { lakeLimits: { leastFileRows: 0 } });
    await core.caughtUp();
    const before = await count(core);
    const owned = "SELECT profile_id, count(*), sum((properties->>'$.at')::INT) FROM events GROUP BY ALL ORDER BY 1";
    const ownedBefore = (await core.query(owned, 10)).rows;
    await core.moveToLake();
    expect(lakeFiles(path)).toEqual([
      "events/month=2025-11/bucket=00/2-38.parquet",
      "events/month=2025-11/bucket=15/1-39.parquet",
      "events/month=2025-12/bucket=00/0-36.parquet",
    ]);
    expect(await count(core)).toEqual(before);
    expect((await core.query(owned, 10)).rows).toEqual(ownedBefore);
    expect(ownedBefore).toHaveLength(2);
  });

  test("survives reopening, also in another place, and holds nothing that no transaction registered", async () => {
    const followed = new FakeFollowed();
    fill(followed, 0, 10);
    const path = directory();
    const core = await open(followed, path);
    await core.caughtUp();
    await core.moveToLake();
    const before = await count(core);
    const files = lakeFiles(path);
    await core.close();
    const stray = join(path, "lake/events/month=2025-11/bucket=00");
    mkdirSync(stray, { recursive: true });
    writeFileSync(join(stray, "0-99.parquet"), "left by a crash after the rename");
    writeFileSync(join(stray, "0-98.parquet.tmp"), "left by a crash before it");
    const again = await open(followed, path);
    await again.caughtUp();
    expect(lakeFiles(path)).toEqual(files);
    expect(await count(again)).toEqual(before);
    expect(before[0]).toBe(10);
  });

  test("takes hot rows over the bound while queries read, each seeing every event once", async () => {
    const followed = new FakeFollowed();
    const path = directory();
    const core = await open(followed, path, {
      lakeLimits: { maxHotRows: 20, keepHotRows: 5, maxFilesPerBucket: 2, retiredFileMs: 0 },
    });
    for (let round = 0; round < 12; round++) {
      fill(followed, round * 30, (round + 1) * 30);
      core.advance();
      const [all, distinct] = await count(core);
      expect(distinct).toBe(all);
    }
    await core.caughtUp();
    await until(() => lakeFiles(path).length > 0 && lakeFiles(path).length <= 8);
    expect((await count(core)).slice(0, 2)).toEqual([360, 360]);
  });

  test("merges small files and removes them later", async () => {
    const followed = new FakeFollowed();
    const path = directory();
    let now = Date.UTC(2026, 0, 15);
    const core = await open(followed, path, {
      now: () => now,
      lakeLimits: { maxFilesPerBucket: 2, retiredFileMs: 1_000 },
    });
    for (let round = 0; round < 3; round++) {
      followed.append(fragmentNamed("A"), eventOf({ messageId: `m${round}` }));
      await core.caughtUp();
      await core.moveToLake();
    }
    const merged = "events/month=2026-01/bucket=00/0-2.parquet";
    expect(lakeFiles(path)).toContain(merged);
    expect(lakeFiles(path)).toHaveLength(4);
    expect((await count(core))[0]).toBe(3);
    now += 1_000;
    followed.append(fragmentNamed("A"), eventOf({ messageId: "more" }));
    await core.caughtUp();
    await until(() => lakeFiles(path).length === 1);
    expect(lakeFiles(path)).toEqual([merged]);
    expect((await count(core))[0]).toBe(4);
  });

  test("of years is a few files, also one that an earlier program made a file a month of", async () => {
    const followed = new FakeFollowed();
    const fragments = ["A", "A", "_"].map(fragmentNamed);
    for (let at = 0; at < 400; at++) {
      const occurredAt = Date.UTC(2001, at % 25, 1 + (at % 28));
      followed.append(
        fragments[at % 3] ?? "",
        eventOf({ messageId: `m${at}`, occurredAt, body: { properties: { at } } }),
      );
    }
    const path = directory();
    let now = Date.UTC(2026, 0, 15);
    const scattered = await open(followed, path, {
      now: () => now,
      lakeLimits: { leastFileRows: 0, maxSparseFiles: Number.POSITIVE_INFINITY },
    });
    await scattered.caughtUp();
    const before = await count(scattered);
    const timeline = async (core: AnalyticsCore) => {
      const pages = [];
      for (let after: string | undefined, more = true; more;) {
        const page = await core.timeline({ fragments, limit: 90, ...(after === undefined ? {} : { after }) });
        pages.push(...page.items.map(({ messageId }) => messageId));
        more = page.next !== null;
        after = page.next ?? undefined;
      }
      return pages;
    };
    const all = await timeline(scattered);
    expect(new Set(all).size).toBe(400);
    await scattered.moveToLake();
    expect(lakeFiles(path).length).toBeGreaterThanOrEqual(40);
    expect(await timeline(scattered)).toEqual(all);
    await scattered.close();

    const core = await open(followed, path, { now: () => now });
    await core.moveToLake();
    expect(await core.lake()).toMatchObject({ files: 2, rows: 400 });
    expect(await timeline(core)).toEqual(all);
    expect(await count(core)).toEqual(before);
    now += 60_000;
    followed.append(fragments[0] ?? "", eventOf({ messageId: "late", occurredAt: Date.UTC(2004, 4, 5) }));
    await core.caughtUp();
    // With the folders that nothing is in any more.
    await until(() => readdirSync(join(path, "lake/events")).length <= 3);
    await core.moveToLake();
    expect(await core.lake()).toMatchObject({ files: 3, rows: 401 });
    expect((await timeline(core)).filter((id) => id !== "late")).toEqual(all);
    await core.close();

    const anew = directory();
    const made = await open(followed, anew);
    await made.caughtUp();
    await made.moveToLake();
    expect(lakeFiles(anew)).toHaveLength(2);
    expect((await timeline(made)).filter((id) => id !== "late")).toEqual(all);
  });

  test("takes old rows by age", async () => {
    const followed = new FakeFollowed();
    const path = directory();
    fill(followed, 0, 4);
    const core = await open(followed, path, { now: () => Date.UTC(2026, 0, 15), lakeLimits: { leastFileRows: 0 } });
    await core.caughtUp();
    await until(() => existsSync(join(path, "lake/events")) && lakeFiles(path).length === 3);
    expect((await count(core))[0]).toBe(4);
  });

  test("of a database that was removed is made anew from the log", async () => {
    const followed = new FakeFollowed();
    const path = directory();
    fill(followed, 0, 10);
    const core = await open(followed, path);
    await core.caughtUp();
    await core.moveToLake();
    await core.close();
    rmSync(join(path, "analytics.duckdb"));
    rmSync(join(path, "analytics.duckdb.wal"), { force: true });
    const again = await open(followed, path);
    await again.caughtUp();
    expect((await count(again)).slice(0, 2)).toEqual([10, 10]);
  });

  test("whichever statement of a move or merge fails, or its answer is lost, has every event once", async () => {
    const followed = new FakeFollowed();
    const path = directory();
    let left = Number.POSITIVE_INFINITY;
    let isLost = false;
    const core = await open(followed, path, {
      retryDelayMs: 1,
      lakeLimits: { leastFileRows: 0, maxSparseFiles: 2, retiredFileMs: 0 },
      overWriter: (real) =>
        new Proxy(real, {
          get: (target, name) => {
            const value: unknown = Reflect.get(target, name, target);
            if (typeof value !== "function") return value;
            if (name !== "run") return value.bind(target) as unknown;
            return async (sql: string) => {
              // Of the views that are made anew, one stands for all.
              if (!sql.startsWith("CREATE") || sql.includes("main.events")) left -= 1;
              else if (left === 0) return target.run(sql);
              if (left === 0 && !isLost) throw new Error("injected: it failed");
              const answer = await target.run(sql);
              if (left === 0) throw new Error("injected: its answer was lost");
              return answer;
            };
          },
        }),
    });
    let events = 0;
    let failed = 0;
    for (const lost of [false, true]) {
      for (let nth = 1; ; nth++) {
        const occurredAt = Date.UTC(2020, events % 12, 1 + (nth % 28));
        followed.append(fragmentNamed("A"), eventOf({ messageId: `m${events++}`, occurredAt }));
        await core.caughtUp();
        isLost = lost;
        left = nth;
        const isWhole = await core.moveToLake().then(
          () => true,
          () => false,
        );
        const hasFailed = left <= 0;
        left = Number.POSITIVE_INFINITY;
        await core.moveToLake();
        expect((await count(core)).slice(0, 2), `statement ${nth}`).toEqual([events, events]);
        expect(await core.lake()).toMatchObject({ rows: events });
        if (!hasFailed) break;
        if (!isWhole) failed += 1;
      }
    }
    expect(failed).toBeGreaterThan(15);
    const files = lakeFiles(path);
    await core.close();
    const again = await open(followed, path);
    await again.caughtUp();
    expect((await count(again)).slice(0, 2)).toEqual([events, events]);
    expect(lakeFiles(path).length).toBeLessThanOrEqual(files.length);
  });

  test("a move whose commit stands although its answer was lost registers its files once", async () => {
    const followed = new FakeFollowed();
    fill(followed, 0, 40);
    const path = directory();
    let losing = false;
    let lost = 0;
    const core = await open(followed, path, {
      retryDelayMs: 1,
      overWriter: (real) =>
        new Proxy(real, {
          get: (target, name) => {
            const value: unknown = Reflect.get(target, name, target);
            if (typeof value !== "function") return value;
            if (name !== "run") return value.bind(target) as unknown;
            return async (sql: string) => {
              const answer = await target.run(sql);
              if (!losing || sql !== "COMMIT") return answer;
              losing = false;
              lost++;
              throw new Error("injected: the answer was lost");
            };
          },
        }),
    });
    await core.caughtUp();
    const before = await count(core);
    losing = true;
    await expect(core.moveToLake()).rejects.toThrow("lost");
    await core.moveToLake();
    expect(lost).toBe(1);
    expect(await count(core)).toEqual(before);
  });

  test("what is kept no longer goes: whole files, rows of those that straddle, and what is hot; nothing else", async () => {
    const followed = new FakeFollowed();
    fill(followed, 0, 40);
    const path = directory();
    let now = Date.UTC(2026, 0, 15, 13);
    const limits = { leastFileRows: 0, retiredFileMs: 0, trimAfterMs: 1_000 };
    const core = await open(followed, path, { now: () => now, lakeLimits: limits });
    await core.caughtUp();
    await core.moveToLake();
    fill(followed, 40, 60);
    await core.caughtUp();
    const rows = async () => (await core.query("SELECT message_id, properties FROM events ORDER BY 1", 100)).rows;
    const all = await rows();
    const keptRows = (from: number) => all.filter(([id]) => Number(String(id).slice(1)) >= from);
    for (const from of [3, 17, 37, 45]) {
      followed.keptFrom = from;
      core.advance();
      await until(async () => {
        now += 2_000;
        core.advance();
        return (await rows()).length === 60 - from;
      });
      expect(await rows()).toEqual(keptRows(from));
    }
    await until(() => {
      now += 2_000;
      core.advance();
      return lakeFiles(path).every((name) => Number(/(\d+)-\d+(-\d+)?\.parquet$/.exec(name)?.[1]) >= 45);
    });
    await core.close();
    const again = await open(followed, path, { now: () => now });
    await again.caughtUp();
    expect((await again.query("SELECT count(*) FROM events", 1)).rows).toEqual([[15]]);
    await again.close();
    rmSync(path, { recursive: true });
    mkdirSync(path);
    const anew = await open(followed, path, { now: () => now });
    await anew.caughtUp();
    expect((await anew.query("SELECT count(*) FROM events", 1)).rows).toEqual([[15]]);
  });

  test("what is kept no longer goes though the clock is set back", async () => {
    const followed = new FakeFollowed();
    fill(followed, 0, 20);
    let now = Date.UTC(2026, 0, 15, 13);
    const core = await open(followed, directory(), {
      now: () => now,
      lakeLimits: { leastFileRows: 0, trimAfterMs: 1_000 },
    });
    await core.caughtUp();
    followed.keptFrom = 7;
    core.advance();
    await until(async () => {
      now -= 2_000;
      core.advance();
      return (await core.query("SELECT message_id FROM events", 100)).rows.length === 13;
    });
    expect((await core.query("SELECT message_id FROM events", 100)).rows).toHaveLength(13);
    await core.close();
  });
});

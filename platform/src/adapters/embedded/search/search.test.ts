import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allowedEdits } from "../../../storage/profileSearch.ts";
import { personOf, profileSearchContract } from "../../../storage/profileSearchContract.ts";
import { searchEntryOf } from "../../../profiles/index.ts";
import { FakeFollowed, temporaryDirectory } from "../analytics/followedFakes.ts";
import { openSearch } from "./core.ts";
import { removeFile } from "../sqliteFile.ts";
import { openSearchIndex, type SearchIndex } from "./searchIndex.ts";
import { runs } from "../../../../test/runs.ts";

profileSearchContract("SQLite", async () => {
  const directory = temporaryDirectory();
  const followed = new FakeFollowed();
  let isFailing = false;
  followed.fault = () => {
    if (isFailing) throw new Error("on purpose");
  };
  return {
    open: async () =>
      openSearch({ file: join(directory.path, "search.sqlite"), decided: followed.decided(), now: Date.now }),
    decide: (id, profile, cause) =>
      followed.setProfile(id, profile === null ? null : { profile, fragments: ["f"] }, cause),
    setFault: (failing) => {
      isFailing = failing;
    },
    dispose: async () => directory.remove(),
  };
});

function withIndex<T>(use: (index: SearchIndex, file: string) => T): T {
  const directory = temporaryDirectory();
  const file = join(directory.path, "search.sqlite");
  const index = openSearchIndex(file);
  try {
    return use(index, file);
  } finally {
    index.close();
    directory.remove();
  }
}

/**
 * The distance by its definition (Lowrance and Wagner's recurrence without any bound), slow and obvious: over all
 * ways to exchange two letters with what lies between taken out or put in.
 */
function plainDistance(a: string, b: string): number {
  const memo = new Map<string, number>();
  const from = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i},${j}`;
    const known = memo.get(key);
    if (known !== undefined) return known;
    let best = Math.min(from(i - 1, j) + 1, from(i, j - 1) + 1, from(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
    for (let k = 1; k < i; k++) {
      for (let l = 1; l < j; l++) {
        if (a[k - 1] !== b[j - 1] || a[i - 1] !== b[l - 1]) continue;
        best = Math.min(best, from(k - 1, l - 1) + (i - k - 1) + 1 + (j - l - 1));
      }
    }
    memo.set(key, best);
    return best;
  };
  return from(a.length, b.length);
}

const letters = fc.constantFrom("a", "b", "c", "d", "e", "š");
const word = fc.array(letters, { minLength: 3, maxLength: 11 }).map((all) => all.join(""));
const folded = (text: string): string => text.replaceAll("š", "s");

describe("misspellings", () => {
  it("are forgiven exactly as far as they may be: an oracle by brute force agrees", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1, maxLength: 20 }),
        fc.array(word, { maxLength: 8 }),
        (names, asked) => {
          withIndex((index) => {
            index.write((writer) =>
              names.forEach((name, at) =>
                writer.put(searchEntryOf(personOf({ id: `p${at}`, name, identifiers: ["user_id:0"] }), 1)),
              ),
            );
            for (const q of [...asked, ...names.flatMap(edited)]) {
              const most = allowedEdits(folded(q).length);
              const expected = names.flatMap((name, at) => {
                const isNear = most > 0 && plainDistance(folded(q), folded(name)) <= most;
                return isNear || folded(name).startsWith(folded(q)) ? [`p${at}`] : [];
              });
              expect(
                index
                  .find({ q, limit: 1_000 })
                  .items.map(({ entry }) => entry.id)
                  .sort(),
              ).toEqual(expected.sort());
            }
          });
        },
      ),
      { numRuns: runs(40) },
    );
  });
});

/** The word with one edit of each kind, and with two. */
function edited(name: string): string[] {
  const middle = Math.floor(name.length / 2);
  const exchange = (at: number) => (text: string) =>
    text.slice(0, at) + text.slice(at + 1, at + 2) + text.slice(at, at + 1) + text.slice(at + 2);
  const less = (text: string) => text.slice(0, middle) + text.slice(middle + 1);
  const more = (text: string) => `${text.slice(0, middle)}e${text.slice(middle)}`;
  return [
    exchange(0)(name),
    exchange(middle)(name),
    less(name),
    more(name),
    more(exchange(0)(name)),
    less(exchange(name.length - 2)(name)),
  ];
}

describe("the index file", () => {
  it("holds nothing of who was taken out", () => {
    withIndex((index, file) => {
      const gone = personOf({
        id: "p1",
        name: "Wilhelmina Featherstone",
        city: "Ulaanbaatar",
        identifiers: ["email:wil@example.com"],
      });
      index.write((writer) => {
        writer.put(searchEntryOf(gone, 1));
        writer.put(searchEntryOf(personOf({ id: "p2", name: "Ada King" }), 1));
      });
      index.write((writer) => writer.remove("p1"));
      const wal = new DatabaseSync(file);
      wal.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      wal.close();
      const bytes = readFileSync(file, "latin1").toLowerCase();
      expect(bytes).toContain("king");
      for (const text of ["wilhelmina", "featherstone", "ulaanbaatar", "wil@example"])
        expect(bytes).not.toContain(text);
    });
  });

  it("is made anew when it is damaged, or ahead of a state that was replaced", async () => {
    const directory = temporaryDirectory();
    const file = join(directory.path, "search.sqlite");
    const before = new FakeFollowed();
    for (let at = 0; at < 5; at++)
      before.setProfile("p1", { profile: personOf({ id: "p1", name: "Ada" }), fragments: [] });
    const first = openSearch({ file, decided: before.decided(), now: Date.now });
    await first.caughtUp();
    await first.close();
    const after = new FakeFollowed();
    after.setProfile("p2", { profile: personOf({ id: "p2", name: "Bob" }), fragments: [] });
    const second = openSearch({ file, decided: after.decided(), now: Date.now });
    await second.caughtUp();
    expect((await second.search({ limit: 10 })).items.map(({ entry }) => entry.id)).toEqual(["p2"]);
    await second.close();
    removeFile(file);
    writeFileSync(file, "this is no database, however long it may be".repeat(100));
    const third = openSearch({ file, decided: after.decided(), now: Date.now });
    await third.caughtUp();
    expect(await third.status()).toMatchObject({ profiles: 1 });
    await third.close();
    directory.remove();
  });

  it("is as of now while nothing waits, and stays as of then while something does", async () => {
    const directory = temporaryDirectory();
    const followed = new FakeFollowed();
    followed.setProfile("p1", { profile: personOf({ id: "p1", name: "Ada" }), fragments: [] });
    let now = 1_000;
    const file = join(directory.path, "search.sqlite");
    const core = openSearch({ file, decided: followed.decided(), now: () => now });
    await core.caughtUp();
    for (const at of [5_000, 90_000, 9_000]) {
      now = at;
      expect((await core.status()).asOf).toBe(at);
      expect((await core.search({ limit: 1 })).asOf).toBe(at);
    }
    followed.fault = () => {
      throw new Error("injected");
    };
    followed.setProfile("p2", { profile: personOf({ id: "p2", name: "Bob" }), fragments: [] });
    now = 12_000;
    expect((await core.status()).asOf).toBe(9_000);
    expect((await core.search({ limit: 1 })).asOf).toBe(9_000);
    // A clock that was set back knows nothing of what was then.
    now = 5_000;
    expect((await core.status()).asOf).toBe(0);
    await core.close();
    directory.remove();
  });

  it("is not written where nothing that search knows has changed", () => {
    withIndex((index, file) => {
      const entry = searchEntryOf(personOf({ id: "p1", name: "Ada" }), 1);
      index.write((writer) => writer.put(entry));
      const size = () => readFileSync(`${file}-wal`).length;
      const before = size();
      for (let at = 0; at < 50; at++) index.write((writer) => writer.put(entry));
      expect(size()).toBe(before);
    });
  });
});

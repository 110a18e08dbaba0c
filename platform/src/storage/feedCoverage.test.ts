import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { feedCoverage, type FeedChange } from "./followFeed.ts";

const feed = "f";

/** What is decided: of each id, the versions at which it changed and at which it was merely active. */
const happenings = fc.array(fc.record({ id: fc.nat(4), isActivity: fc.boolean() }), { maxLength: 60 });
const steps = fc.array(
  fc.record({ decided: fc.nat(8), entries: fc.integer({ min: 1, max: 6 }), fails: fc.boolean() }),
  {
    maxLength: 40,
  },
);

describe("what a follower has already", () => {
  it("is left out, and nothing else: whoever follows the rest has everything in the end, whatever fails between", () => {
    fc.assert(
      fc.property(happenings, steps, fc.integer({ min: 2, max: 8 }), (happened, walk, most) => {
        const coverage = feedCoverage({ most, behind: 1 });
        const entries = happened.map(({ id, isActivity }, at): FeedChange & { version: number } => ({
          kind: "profile",
          id: `p${id}`,
          version: at + 1,
          ...(isActivity ? { cause: "activity" as const } : {}),
        }));
        let decided = 0;
        let followed = 0;
        /** The latest of each kind that was read. */
        const has = new Map<string, { whole: number; activity: number }>();
        for (const step of [...walk, ...happened.map(() => ({ decided: 60, entries: 6, fails: false }))]) {
          decided = Math.min(entries.length, decided + step.decided);
          const page = entries.filter(({ version }) => version > followed && version <= decided).slice(0, step.entries);
          const left = coverage.left(page, feed);
          if (step.fails) continue;
          for (const { id, cause } of left) {
            const before = has.get(id) ?? { whole: 0, activity: 0 };
            has.set(
              id,
              cause === "activity" ? { ...before, activity: decided } : { whole: decided, activity: decided },
            );
          }
          coverage.applied(left, { feed, head: decided });
          followed = page.at(-1)?.version ?? followed;
          for (const { id, cause, version } of entries.filter((entry) => entry.version <= followed)) {
            const known = has.get(id) ?? { whole: 0, activity: 0 };
            expect(cause === "activity" ? known.activity : known.whole).toBeGreaterThanOrEqual(version);
          }
        }
        expect(followed).toBe(entries.length);
      }),
    );
  });

  it("spares a busy profile's other entries up to where it was read", () => {
    const coverage = feedCoverage();
    const entry = (version: number): FeedChange => ({ kind: "profile", id: "p", version });
    coverage.applied(coverage.left([entry(1)], feed), { feed, head: 2_000 });
    expect(coverage.left([entry(2), entry(2_000), entry(2_001)], feed)).toEqual([entry(2_001)]);
    // Another feed counts anew.
    expect(coverage.left([entry(2)], "other")).toEqual([entry(2)]);
  });

  it("remembers nobody where it is not far behind", () => {
    const coverage = feedCoverage();
    const entry = (version: number): FeedChange => ({ kind: "profile", id: "p", version });
    coverage.applied([entry(1)], { feed, head: 100 });
    expect(coverage.left([entry(2)], feed)).toEqual([entry(2)]);
  });

  it("of who was merely active spares activity only, and nothing of a copy", () => {
    const coverage = feedCoverage({ behind: 1 });
    const active: FeedChange = { kind: "profile", id: "p", cause: "activity", version: 1 };
    coverage.applied([active], { feed, head: 9 });
    const change: FeedChange = { kind: "profile", id: "p", version: 5 };
    expect(coverage.left([{ ...active, version: 4 }, change], feed)).toEqual([change]);
    expect(coverage.left([{ kind: "profile", id: "p" }], feed)).toHaveLength(1);
  });
});

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { decidingOf, ingestionLag, pendingRecords } from "./backlog.ts";

const sources = ["web", "pos", "erp"];
const step = fc.record({
  source: fc.constantFrom(...sources),
  added: fc.nat(50),
  passed: fc.nat(400),
  decided: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe("records that are not decided yet", () => {
  it("are counted by source, and the oldest waits since, to a quarter of a second", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 1_000;
        const backlog = pendingRecords(() => now);
        const waiting: { at: number; source: string }[] = [];
        for (const { source, added, passed, decided } of steps) {
          now += passed;
          backlog.added(source, added);
          for (let n = 0; n < added; n++) waiting.push({ at: now, source });
          const done = Math.floor(decided * waiting.length);
          backlog.decided(done);
          waiting.splice(0, done);
          expect(backlog.pending()).toBe(waiting.length);
          const counts = sources.map((each) => backlog.pendingOf(each));
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(waiting.length);
          expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
          const oldest = backlog.oldestAt();
          expect(oldest === null).toBe(waiting.length === 0);
          if (oldest !== null) {
            const late = (waiting[0]?.at ?? 0) - oldest;
            expect(late).toBeGreaterThanOrEqual(0);
            expect(late).toBeLessThan(250);
          }
          expect(ingestionLag(backlog, now)).toBe(oldest === null ? 0 : now - oldest);
        }
        backlog.decided(waiting.length);
        expect([backlog.pending(), ...sources.map((each) => backlog.pendingOf(each))]).toEqual([0, 0, 0, 0]);
      }),
    );
  });

  it("may be decided before they are told of", () => {
    const backlog = pendingRecords(() => 0);
    backlog.decided(5);
    backlog.added("web", 3);
    expect([backlog.pending(), backlog.pendingOf("web")]).toEqual([0, 0]);
    backlog.added("web", 4);
    expect([backlog.pending(), backlog.pendingOf("web")]).toEqual([2, 2]);
  });

  it("are decided at a rate of the last ten seconds", () => {
    let now = 0;
    const backlog = pendingRecords(() => now);
    expect(backlog.decidedPerSecond()).toBe(0);
    backlog.added("web", 100_000);
    for (let second = 0; second < 20; second++) {
      now = second * 1_000;
      backlog.decided(2_000);
    }
    expect(backlog.decidedPerSecond()).toBeGreaterThan(1_800);
    expect(backlog.decidedPerSecond()).toBeLessThan(2_500);
    now += 60_000;
    expect(backlog.decidedPerSecond()).toBe(0);
  });

  it("tells how many sources share what waits, whatever their sizes", () => {
    const backlog = pendingRecords(() => 0);
    expect(backlog.sharers()).toBe(0);
    for (const source of ["a", "b", "c"]) backlog.added(source, 1_000);
    expect(backlog.sharers()).toBeCloseTo(3);
    // Many that hold next to nothing are as good as none.
    for (let n = 0; n < 50; n++) backlog.added(`tiny-${n}`, 1);
    expect(backlog.sharers()).toBeLessThan(3.2);
    backlog.decided(3_050);
    expect(backlog.sharers()).toBe(0);
  });
});

test.each([
  ["idle", 0, 20_000],
  ["idle", 500, 0],
  ["busy", 501, 0],
  ["idle", 2_000, 20_000],
  ["busy", 2_001, 20_000],
  ["busy", 5_000, 1_000],
  ["behind", 5_001, 1_000],
  ["busy", 20_000, 20_000],
  ["behind", 20_001, 20_000],
])("deciding is %s where %d wait and %d a second are decided", (deciding, pending, perSecond) => {
  expect(decidingOf({ pending: () => pending, decidedPerSecond: () => perSecond })).toBe(deciding);
});

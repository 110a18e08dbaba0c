import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Problem } from "../model/problem.ts";
import { pendingRecords } from "../runtime/backlog.ts";
import { admission } from "./admission.ts";

const most = 10_000;
const unlimited = (id: string) => ({ id, maxEventsPerSecond: null });

function problemOf(work: () => void): Problem | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** Counts that a test changes. */
function world(perSecond = 1_000) {
  const pending = new Map<string, number>();
  const total = (): number => [...pending.values()].reduce((sum, records) => sum + records, 0);
  const squares = (): number => [...pending.values()].reduce((sum, records) => sum + records ** 2, 0);
  const gate = admission({
    backlog: {
      pending: total,
      pendingOf: (source) => pending.get(source) ?? 0,
      sharers: () => total() ** 2 / Math.max(1, squares()),
      decidedPerSecond: () => perSecond,
    },
    maxPendingRecords: most,
  });
  const offer = (source: string, records: number): Problem | null => {
    const problem = problemOf(() => gate.admit(null)) ?? problemOf(() => gate.reserve(unlimited(source), records)());
    if (problem === null) pending.set(source, (pending.get(source) ?? 0) + records);
    return problem;
  };
  return { pending, total, gate, offer };
}

/**
 * Floods that come again a second after a refusal, and a source that sends `modestPart` of what is decided on a
 * timetable. Decided is a fifth of what may wait at a time; each tenth time takes four times as long.
 */
function besideFloods({ floods, modestPart, seconds }: { floods: number; modestPart: number; seconds: number }) {
  const [perSecond, records, connectionsEach, stepMs, retryMs] = [most / 2, 50, 16, 5, 1_000];
  let now = 0;
  const backlog = pendingRecords(() => now);
  const gate = admission({ backlog, maxPendingRecords: most, elapsed: () => now });
  const offer = (source: string): boolean => {
    if ((problemOf(() => gate.admit(null)) ?? problemOf(() => gate.reserve(unlimited(source), records)())) !== null)
      return false;
    backlog.added(source, records);
    return true;
  };
  const comesAt = Array.from({ length: floods * connectionsEach }, () => 0);
  const seen = { sent: 0, refused: 0 };
  let batch = { records: 0, endsAt: 0 };
  for (let due = 0, batches = 0; now < seconds * 1_000; now += stepMs) {
    for (const [connection, at] of comesAt.entries()) {
      if (at <= now && !offer(`flood-${connection % floods}`)) comesAt[connection] = now + retryMs;
    }
    for (due += (perSecond * modestPart * stepMs) / 1_000; due >= records; due -= records) {
      seen.sent += 1;
      if (!offer("modest")) seen.refused += 1;
    }
    if (now < batch.endsAt) continue;
    backlog.decided(batch.records);
    const next = Math.min(most / 5, backlog.pending());
    batches += 1;
    batch = { records: next, endsAt: now + (next / perSecond) * 1_000 * (batches % 10 === 0 ? 4 : 1) };
  }
  return seen;
}

describe("Promise 9: overload is told, not hidden", () => {
  it("past the bound everybody is told when to come again, by how fast is decided", () => {
    const { pending, offer } = world(2_000);
    pending.set("web", most + 5_000);
    expect(offer("pos", 1)).toMatchObject({ status: 429, code: "backlog_full", retryAfterSeconds: 3 });
    const slow = world(0);
    slow.pending.set("web", 10 * most);
    expect(slow.offer("pos", 1)?.retryAfterSeconds).toBe(60);
  });

  it("a source alone fills four fifths, and is told so; another still finds room", () => {
    const { pending, offer } = world();
    while (offer("noisy", 100) === null);
    expect(pending.get("noisy")).toBeGreaterThanOrEqual(0.8 * most);
    expect(pending.get("noisy")).toBeLessThanOrEqual(0.8 * most + 100);
    expect(offer("noisy", 100)).toMatchObject({ status: 429, code: "source_backlog_full" });
    expect(offer("quiet", 100)).toBeNull();
  });

  it("however many sources send as much as they can, none is starved, and one that sends little is always taken", () => {
    const busy = fc.array(fc.integer({ min: 20, max: 100 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(busy, (sizes) => {
        let now = 0;
        const backlog = pendingRecords(() => now);
        const gate = admission({ backlog, maxPendingRecords: most });
        const taken = sizes.map(() => 0);
        const offer = (source: string, records: number): boolean => {
          if (
            (problemOf(() => gate.admit(null)) ?? problemOf(() => gate.reserve(unlimited(source), records)())) !== null
          )
            return false;
          backlog.added(source, records);
          return true;
        };
        for (let round = 0; round < 20; round++) {
          if (round === 8) taken.fill(0);
          for (let isTaking = true; isTaking;) {
            isTaking = false;
            now += 250;
            for (const [index, size] of sizes.entries()) {
              if (!offer(`noisy-${index}`, size)) continue;
              taken[index] = (taken[index] ?? 0) + size;
              isTaking = true;
            }
          }
          expect(offer("quiet", 10)).toBe(true);
          expect(backlog.pending()).toBeLessThan(most);
          backlog.decided(most / 4);
        }
        const even = taken.reduce((sum, records) => sum + records, 0) / taken.length;
        expect(Math.min(...taken)).toBeGreaterThan(even / 5);
      }),
      { numRuns: 15 },
    );
  });

  it.for([1, 2, 3, 5, 8])(
    "beside %d floods a source with a third of an even share is taken, also while deciding rests",
    (floods) => {
      const evenPart = 1 / (floods + 1);
      const { refused, sent } = besideFloods({ floods, modestPart: evenPart / 3, seconds: 60 });
      expect(sent).toBeGreaterThan(100);
      expect(refused).toBe(0);
    },
  );

  it("what is under way counts, however many requests are, until it is in the backlog or will not be", () => {
    const request = fc.record({ source: fc.nat(5), records: fc.integer({ min: 1, max: 200 }), isDone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 300 }), (requests) => {
        const backlog = pendingRecords(() => 0);
        const gate = admission({ backlog, maxPendingRecords: most });
        const open: (() => void)[] = [];
        let held = 0;
        for (const { source, records, isDone } of requests) {
          let release = (): void => undefined;
          const refused =
            problemOf(() => gate.admit(null)) ??
            problemOf(() => (release = gate.reserve(unlimited(`s${source}`), records)));
          if (refused !== null) continue;
          held += records;
          expect(held).toBeLessThan(most + 200);
          if (isDone) {
            backlog.added(`s${source}`, records);
            release();
            release();
          } else open.push(release);
        }
        for (const release of open) release();
        backlog.decided(backlog.pending());
        expect(problemOf(() => gate.reserve(unlimited("s0"), 1))).toBeNull();
      }),
    );
  });

  it("with too little room on the disk nothing is taken, and a 503 says to come again", () => {
    let isLow = true;
    const backlog = { pending: () => 0, pendingOf: () => 0, sharers: () => 0, decidedPerSecond: () => 0 };
    const gate = admission({ backlog, hasRoom: () => !isLow });
    expect(problemOf(() => gate.admit(null))).toMatchObject({ status: 503, code: "disk_low", retryAfterSeconds: 30 });
    isLow = false;
    expect(problemOf(() => gate.admit(null))).toBeNull();
  });
});

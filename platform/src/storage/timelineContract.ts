import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FragmentId } from "../model/fragment.ts";
import type { Analytics } from "./timeline.ts";
import { runs } from "../../test/runs.ts";

/** An event as the suite makes it up; everything else about it is the harness's to fill in. */
export interface TimelineSample {
  messageId: string;
  fragment: FragmentId;
  source: string;
  type: "track" | "page";
  /** UTC ms. */
  occurredAt: number;
  processed: boolean;
}

export interface AnalyticsFault {
  /** A write of the adapter's own storage, or a read of what it follows. */
  at: "write" | "read";
  /** The `nth` from now on (from 1), once. */
  nth: number;
  /**
   * `fails`: it is not done. `lostAnswer`: it is done, only its success is not told. `dies`: neither it nor anything
   * after it is done, until it is opened again.
   */
  kind: "fails" | "lostAnswer" | "dies";
}

/** What the suite needs of an adapter: one follower at a time over storage that outlives it, and what it follows. */
export interface AnalyticsHarness {
  /** Over the same storage as before; the one opened before is closed. */
  open(now: () => number): Promise<Analytics>;
  /** Decided at once, at the next position. */
  decide(sample: TimelineSample): void;
  /** The profile's fragments from now on; null: it is gone. */
  setProfile(id: string, fragments: readonly FragmentId[] | null): void;
  fail(fault: AnalyticsFault | null): void;
  /** How many faults were met so far. */
  faultsMet(): number;
  dispose(): Promise<void>;
}

/** The promises of `Analytics` about following and timelines, which every adapter keeps. */
export function analyticsContract(name: string, create: () => Promise<AnalyticsHarness>): void {
  describe(`Analytics contract: ${name}`, () => {
    let harness: AnalyticsHarness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(() => harness.dispose());
    const given = (): AnalyticsHarness => harness;
    describe("Promise 2: once, whatever fails", () => {
      failing(given);
    });
    describe("timelines", () => {
      pages(given);
    });
    describe("as of when", () => {
      asOf(given);
    });
    refusing(given);
  });
}

const start = Date.UTC(2026, 0, 1);
const fragments: readonly FragmentId[] = ["A", "Q", "g", "_"].map((name) => name.padEnd(16, "0"));

function sampleOf(n: number, given: Partial<TimelineSample> = {}): TimelineSample {
  return {
    messageId: `m${n}`,
    fragment: fragments[n % fragments.length]!,
    source: n % 3 === 0 ? "erp" : "web",
    type: n % 2 === 0 ? "track" : "page",
    occurredAt: start + ((n * 7) % 11) * 3_600_000,
    processed: n % 6 !== 5,
    ...given,
  };
}

/** Newest first by (occurredAt, messageId). */
function expectedOf(samples: readonly TimelineSample[], wanted: readonly FragmentId[]): string[] {
  return samples
    .filter(({ fragment, processed }) => processed && wanted.includes(fragment))
    .toSorted(
      (a, b) => b.occurredAt - a.occurredAt || Buffer.compare(Buffer.from(b.messageId), Buffer.from(a.messageId)),
    )
    .map(({ messageId }) => messageId);
}

async function timelineOf(
  analytics: Analytics,
  query: { fragments: readonly FragmentId[]; limit: number; type?: string; source?: string },
): Promise<string[]> {
  const found: string[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<Analytics["timeline"]>> = await analytics.timeline(
      after === null ? query : { ...query, after },
    );
    if (page.next !== null) expect(page.items).toHaveLength(query.limit);
    found.push(...page.items.map(({ messageId }) => messageId));
    after = page.next;
  } while (after !== null);
  return found;
}

async function holds(analytics: Analytics, samples: readonly TimelineSample[], profiles: Record<string, number>) {
  await analytics.caughtUp();
  expect(await timelineOf(analytics, { fragments, limit: 1_000 })).toEqual(expectedOf(samples, fragments));
  const owned = await analytics.query(
    "SELECT profile_id, count(*) FROM events WHERE profile_id IS NOT NULL GROUP BY 1 ORDER BY 1",
    100,
  );
  expect(Object.fromEntries(owned.rows)).toEqual(profiles);
}

function failing(harness: () => AnalyticsHarness): void {
  // A reopening takes a while: not every step of it is interrupted by a death.
  test.each([
    { at: "write", kind: "fails", every: 1, most: mostWritesOfARound },
    { at: "write", kind: "lostAnswer", every: 1, most: mostWritesOfARound },
    { at: "write", kind: "dies", every: 3, most: mostWritesOfARound },
    { at: "read", kind: "fails", every: 1, most: mostReadsOfARound },
    { at: "read", kind: "dies", every: 1, most: mostReadsOfARound },
  ] as const)("the n-th $at $kind: each event is there once, whose it is", async ({ at, kind, every, most }) => {
    const samples: TimelineSample[] = [];
    let analytics = await harness().open(() => start);
    for (let nth = 1; nth <= most; nth += every) {
      await analytics.caughtUp();
      harness().fail({ at, nth, kind });
      for (let n = 0; n < 4; n++) {
        const sample = sampleOf(samples.length);
        samples.push(sample);
        harness().decide(sample);
      }
      // Whose everything is changes hands every time.
      const own = nth % 2 === 0 ? [fragments.slice(0, 2), fragments.slice(2)] : [fragments.slice(0, 3), null];
      harness().setProfile("p_a", own[0]!);
      harness().setProfile("p_b", own[1]!);
      const caughtUp = await analytics.caughtUp().then(
        () => true,
        () => false,
      );
      if (kind !== "dies") expect(caughtUp, "it goes on by itself").toBe(true);
      harness().fail(null);
      if (kind === "dies") {
        await analytics.close();
        analytics = await harness().open(() => start);
      }
      const countOf = (of: readonly FragmentId[] | null): number => (of === null ? 0 : expectedOf(samples, of).length);
      const counts = { p_a: countOf(own[0]!), ...(own[1] === null ? {} : { p_b: countOf(own[1]!) }) };
      await holds(analytics, samples, counts);
    }
    expect(harness().faultsMet()).toBeGreaterThan(most / every / 3);
    await analytics.close();
  });
}

/** About what an adapter needs for four events and two profiles. */
const mostWritesOfARound = 20;
const mostReadsOfARound = 3;

function pages(harness: () => AnalyticsHarness): void {
  const sample = fc.record({
    fragment: fc.constantFrom(...fragments),
    source: fc.constantFrom("web", "erp"),
    type: fc.constantFrom("track" as const, "page" as const),
    occurredAt: fc.nat(9).map((n) => start + n * 86_400_000),
    processed: fc.boolean(),
  });
  test("in pages of any size, filtered in any way, equal the oracle's list; late events take their place", async () => {
    const analytics = await harness().open(() => start);
    const samples: TimelineSample[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(sample, { maxLength: 12 }),
        fc.integer({ min: 1, max: 7 }),
        fc.subarray([...fragments]),
        fc.constantFrom(undefined, "web", "erp"),
        async (more, limit, wanted, source) => {
          for (const each of more) {
            const next = { ...each, messageId: `é${samples.length % 7}-${samples.length}` };
            samples.push(next);
            harness().decide(next);
          }
          await analytics.caughtUp();
          const query = { fragments: wanted, limit, ...(source === undefined ? {} : { source }) };
          const matching = samples.filter((each) => source === undefined || each.source === source);
          expect(await timelineOf(analytics, query)).toEqual(expectedOf(matching, wanted));
        },
      ),
      { numRuns: runs(15) },
    );
    await analytics.close();
  });

  test("a page's cursor goes on where it ended, whatever comes in between, and after a restart", async () => {
    let analytics = await harness().open(() => start);
    const samples = Array.from({ length: 30 }, (_, n) => sampleOf(n, { processed: true }));
    for (const each of samples) harness().decide(each);
    await analytics.caughtUp();
    const first = await analytics.timeline({ fragments, limit: 10 });
    harness().decide(sampleOf(99, { messageId: "newer", occurredAt: start + 90 * 3_600_000, processed: true }));
    await analytics.caughtUp();
    await analytics.close();
    analytics = await harness().open(() => start);
    const rest = await analytics.timeline({ fragments, limit: 100, after: first.next! });
    expect([...first.items, ...rest.items].map(({ messageId }) => messageId)).toEqual(expectedOf(samples, fragments));
    await analytics.close();
  });
}

function asOf(harness: () => AnalyticsHarness): void {
  test("an answer holds all that was decided by then, and time does not go back, after a restart either", async () => {
    let now = start;
    let analytics = await harness().open(() => now);
    const samples: TimelineSample[] = [];
    let last = { position: 0, feedVersion: 0, asOf: 0 };
    for (let round = 0; round < 4; round++) {
      const sample = sampleOf(round, { processed: true });
      samples.push(sample);
      harness().decide(sample);
      harness().setProfile("p_a", fragments);
      now += 10_000;
      const before = now;
      // What is followed after `now` may be told as of an earlier moment; a second look is as of this one.
      await analytics.caughtUp();
      await analytics.caughtUp();
      const page = await analytics.timeline({ fragments, limit: 100 });
      const status = await analytics.status();
      if (page.asOf >= before)
        expect(page.items.map(({ messageId }) => messageId)).toEqual(expectedOf(samples, fragments));
      expect(status.asOf).toBeGreaterThanOrEqual(page.asOf);
      expect(status.position).toBeGreaterThan(last.position);
      expect(status.feedVersion).toBeGreaterThan(last.feedVersion);
      last = status;
      await analytics.close();
      analytics = await harness().open(() => now);
      const again = await analytics.status();
      expect(again.position).toBeGreaterThanOrEqual(last.position);
      expect(again.feedVersion).toBeGreaterThanOrEqual(last.feedVersion);
    }
    await analytics.close();
  });
}

function refusing(harness: () => AnalyticsHarness): void {
  test("what cannot be asked is a Problem, and harms nothing", async () => {
    const analytics = await harness().open(() => start);
    harness().decide(sampleOf(0));
    for (const limit of [0, -1, 1.5, 1_001, Number.NaN]) {
      await expect(analytics.timeline({ fragments, limit })).rejects.toMatchObject({ code: "limit_invalid" });
    }
    for (const after of ["", "x", "W10"]) {
      await expect(analytics.timeline({ fragments, limit: 5, after })).rejects.toMatchObject({
        code: "cursor_invalid",
      });
    }
    for (const sql of ["DROP TABLE events", "SELECT * FROM nothing", "SELECT 1; SELECT 2", "PRAGMA version"]) {
      await expect(analytics.query(sql, 10)).rejects.toMatchObject({ status: 422, code: "query_refused" });
    }
    expect((await analytics.timeline({ fragments: [], limit: 5 })).items).toEqual([]);
    await holds(analytics, [sampleOf(0)], {});
    await analytics.close();
  });
}

import { describe, expect, it } from "vitest";
import { lagSeconds, reviewFigures } from "./followerLag.ts";
import { platformMeters } from "./meters.ts";

const gone = { status: () => Promise.reject(new Error("search is not running at the moment")) };
const now = () => 10_000;

describe("how far a follower is behind", () => {
  it("is the age of what it answers from, never negative", async () => {
    expect(await lagSeconds({ status: async () => ({ asOf: 7_500 }) }, now)).toBe(2.5);
    expect(await lagSeconds({ status: async () => ({ asOf: 12_000 }) }, now)).toBe(0);
  });

  it("is not a number while it is being started or is stuck", async () => {
    expect(await lagSeconds(undefined, now)).toBeNaN();
    expect(await reviewFigures(undefined, now)).toEqual({ lagSeconds: Number.NaN, waiting: Number.NaN });
    expect(await lagSeconds(gone, now)).toBeNaN();
    // Everything is being copied, or the clock was set back: as of no time.
    expect(await lagSeconds({ status: async () => ({ asOf: 0 }) }, now)).toBeNaN();
    expect(await reviewFigures({ status: async () => ({ asOf: 0, waiting: 3 }) }, now)).toEqual({
      lagSeconds: Number.NaN,
      waiting: 3,
    });
    expect(await lagSeconds({ status: () => new Promise(() => undefined) }, now)).toBeNaN();
  });

  it("keeps no other metric from being told", async () => {
    const text = await platformMeters({
      ingestionLagSeconds: () => 0,
      pendingRecords: () => 7,
      followerLagSeconds: () => lagSeconds(gone, now),
      searchLagSeconds: async () => 1.5,
      reviews: () => reviewFigures({ status: async () => ({ asOf: 7_500, waiting: 3 }) }, now),
      stream: () => ({ subscribers: 0, shown: 0, sampledOut: 0, skipped: 0 }),
      tiers: async () => [{ name: "archive" as const, bytes: 2_048, records: 12 }],
    }).text();
    expect(text).toMatch(/^c360_stored_bytes\{tier="archive"\} 2048$/m);
    expect(text).toMatch(/^c360_stored_records\{tier="archive"\} 12$/m);
    expect(text).toMatch(/^c360_pending_records 7$/m);
    expect(text).toMatch(/^c360_analytics_lag_seconds nan$/im);
    expect(text).toMatch(/^c360_search_lag_seconds 1.5$/m);
    expect(text).toMatch(/^c360_reviews_lag_seconds 2.5$/m);
    expect(text).toMatch(/^c360_reviews_waiting 3$/m);
  });
});

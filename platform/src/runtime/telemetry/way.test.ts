import { expect, it } from "vitest";
import { maxCauses, Way } from "./way.ts";

const cause = (spanId: string) => ({ traceId: "a", spanId, traceFlags: 1 });

it("an append is a cause of the batch that decides it, and that of each follower's pass that has it", () => {
  const way = new Way();
  way.durable(3, cause("one"));
  way.durable(5, cause("two"));
  expect(way.decide(4)).toEqual([cause("one")]);
  expect(way.decide(5)).toEqual([cause("two")]);
  way.batch({ feedVersion: 7, startedAt: 1, records: 2, cause: cause("b") });
  way.batch({ feedVersion: 9, startedAt: 2, records: 1, cause: null });
  expect(way.follow("search", 7)).toEqual({ startedAt: 1, records: 2, causes: [cause("b")] });
  expect(way.follow("search", 9)).toEqual({ startedAt: 2, records: 1, causes: [] });
  expect(way.follow("search", 9)).toBeNull();
  expect(way.follow("analytics", 9)?.records).toBe(3);
});

it("what nobody decides or follows does not grow", () => {
  const way = new Way();
  for (let n = 1; n <= 20_000; n += 1) {
    way.append(cause("x"));
    way.durable(n, cause("x"));
    way.batch({ feedVersion: n, startedAt: 0, records: 1, cause: cause("x") });
  }
  expect(way.commit()).toHaveLength(maxCauses);
  expect(way.decide(20_000)).toHaveLength(maxCauses);
  expect(way.follow("reviews", 20_000)?.records).toBe(256);
});

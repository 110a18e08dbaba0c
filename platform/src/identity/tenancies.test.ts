import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shuffled } from "./evidence.fake.ts";
import { tenanciesOf, tenancyAt, type Boundary } from "./tenancies.ts";

const boundary: fc.Arbitrary<Boundary> = fc.record({
  at: fc.nat(9),
  login: fc.constantFrom("user_id:a", "user_id:b", "user_id:c", null),
});
const boundaries = fc.array(boundary, { maxLength: 8 });
const times = Array.from({ length: 12 }, (_, at) => at - 1);

/** By hand: the latest boundary that is not later, else the first of all; at one time the greatest login counts. */
function tenantByHand(list: readonly Boundary[], at: number): string | null {
  const past = list.filter((each) => each.at <= at);
  const decisive =
    past.length > 0 ? Math.max(...past.map((each) => each.at)) : Math.min(...list.map((each) => each.at));
  const logins = list.filter((each) => each.at === decisive).flatMap(({ login }) => login ?? []);
  return logins.toSorted().at(-1) ?? null;
}

describe("Identity property 8: whose a shared device is, by event time", () => {
  it("whoever signed in last, until a logout; before the first login the first one's", () => {
    fc.assert(
      fc.property(boundaries, (list) => {
        const tenancies = tenanciesOf(list);
        for (const at of times) expect(tenancyAt(tenancies, at).tenant).toBe(tenantByHand(list, at));
      }),
      { numRuns: 1_000 },
    );
  });

  it("n logins leave n tenants, and a logout isolates", () => {
    const tenancies = tenanciesOf([
      { at: 5, login: "user_id:a" },
      { at: 9, login: null },
      { at: 12, login: "user_id:b" },
    ]);
    expect([0, 5, 8, 9, 11, 12, 99].map((at) => tenancyAt(tenancies, at).tenant)).toEqual([
      "user_id:a",
      "user_id:a",
      "user_id:a",
      null,
      null,
      "user_id:b",
      "user_id:b",
    ]);
  });

  it("neighbouring spans have different tenants", () => {
    fc.assert(
      fc.property(boundaries, (list) => {
        const tenancies = tenanciesOf(list);
        for (const [index, { tenant }] of tenancies.entries()) expect(tenancies[index + 1]?.tenant).not.toBe(tenant);
      }),
    );
  });
});

describe("Identity properties 1, 11: boundaries by event time, never by arrival", () => {
  it("their order and repetition change nothing", () => {
    fc.assert(
      fc.property(boundaries, fc.nat(), (list, seed) => {
        expect(tenanciesOf(shuffled([...list, ...list.slice(0, 3)], seed))).toEqual(tenanciesOf(list));
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted } from "../../../test/pipelineHarness.ts";
import {
  defaultIdentityRules,
  maxTenancies,
  maxTenancyCombinations,
  maxTenancyEvents,
  type IdentityRules,
} from "../../identity/index.ts";
import type { Sighting } from "../../model/fragment.ts";
import type { Tenancy } from "../../model/tenancy.ts";
import type { DeviceCombination } from "./combinations.ts";
import { sightingOf } from "./sightings.ts";
import { grownTally, nobodys, tallyOf, whoseNext, whoseOfAll } from "./whose.ts";

const rules = defaultIdentityRules;
const device = "device_id:d";
const logins = [[], ["user_id:a"], ["user_id:b"], ["user_id:a", "user_id:b"], ["user_id:null"]];

interface Told {
  login: number;
  at: number;
  logout: boolean;
  isStored: boolean;
}

/** Combinations with these events, some stored and others of the batch, and the sightings of the stored ones. */
function worldOf(list: readonly Told[]) {
  const sightings = new Map<string, Sighting[]>();
  const combinations = logins.map((login, index): DeviceCombination => {
    const identifiers = [...login, device].sort();
    const own = list.filter((each) => each.login === index);
    const incoming = own.map(({ at, logout, isStored }, position) => {
      const given = { messageId: `${index} ${position}`, identifiers, occurredAt: at };
      const event = accepted(logout ? { ...given, event: "Signed Out" } : given);
      return {
        isStored,
        incoming: { position, messageKey: "", fragmentId: `f${index}`, event, mayHoldConsents: false },
      };
    });
    const seen = incoming.filter(({ isStored }) => isStored).map((each) => sightingOf(each.incoming));
    sightings.set(`f${index}`, seen);
    const lastAt = Math.max(...seen.map(({ at }) => at));
    const spans = { web: { count: seen.length, firstAt: 0, firstMessageId: "m", lastAt } };
    const fragment = { id: `f${index}`, base: `f${index}`, device: null, person: 1, identifiers, spans };
    const events = incoming.filter(({ isStored }) => !isStored).map((each) => each.incoming);
    return { base: `f${index}`, identifiers, fragments: seen.length > 0 ? [fragment] : [], events };
  });
  return {
    combinations: combinations.filter(({ fragments, events }) => fragments.length + events.length > 0),
    sightings,
  };
}

const ofBatch = (combinations: readonly DeviceCombination[]) => combinations.filter(({ events }) => events.length > 0);
const stored = (combinations: readonly DeviceCombination[]) =>
  combinations.filter(({ fragments }) => fragments.length > 0).map((each) => ({ ...each, events: [] }));

function fromAll(list: readonly Told[], under: IdentityRules = rules) {
  const { combinations, sightings } = worldOf(list);
  return whoseOfAll(combinations, async () => sightings, under);
}

/** With what is stored; null where that does not do. */
function fromStored(list: readonly Told[], before: readonly Tenancy[], under: IdentityRules = rules) {
  const { combinations } = worldOf(list);
  const tally = tallyOf(stored(combinations));
  const seen = ofBatch(combinations);
  return whoseNext({ before, tally, grown: grownTally(tally, seen), combinations: seen }, under);
}

const told: fc.Arbitrary<Told> = fc.record({
  login: fc.nat(logins.length - 1),
  at: fc.nat(8),
  logout: fc.boolean(),
  isStored: fc.boolean(),
});

describe("Identity properties 1, 8: whose a device is", () => {
  it("is what all events say, also where what is stored does for it", async () => {
    let quick = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(told, { maxLength: 14 }),
        fc.array(told, { maxLength: 4 }),
        fc.integer({ min: -8, max: 12 }),
        async (list, more, later) => {
          const all = [...list, ...more.map((each) => ({ ...each, at: each.at + later, isStored: false }))];
          const before = await fromAll(all.filter(({ isStored }) => isStored));
          const after = fromStored(all, before);
          if (after === null) return;
          quick += 1;
          expect(after).toEqual(await fromAll(all));
        },
      ),
      { numRuns: 3_000 },
    );
    expect(quick).toBeGreaterThan(500);
  });

  it("is counted with the batch as from all", () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 14 }), (list) => {
        const { combinations } = worldOf(list);
        expect(grownTally(tallyOf(stored(combinations)), ofBatch(combinations))).toEqual(tallyOf(combinations));
      }),
    );
  });

  it("what is stored is read only where the batch changes it, or comes late", () => {
    const before: Tenancy[] = [
      { from: null, tenant: "user_id:a" },
      { from: 5, tenant: "user_id:b" },
    ];
    const known = [1, 5, 8].map((at, index) => ({ login: Math.min(2, index + 1), at, logout: false, isStored: true }));
    const fresh = (...given: [login: number, at: number][]) => [
      ...known,
      ...given.map(([login, at]) => ({ login, at, logout: false, isStored: false })),
    ];
    expect(fromStored(fresh([0, 0], [0, 3], [0, 9], [1, 3], [2, 7]), before)).toEqual(before);
    expect(fromStored(fresh([1, 9], [2, 9], [1, 11]), before)).toEqual([...before, { from: 11, tenant: "user_id:a" }]);
    expect(fromStored(fresh([1, 7]), before)).toBeNull();
    expect(fromStored(fresh([1, 8]), before)).toBeNull();
    expect(fromStored(fresh([1, 9]), nobodys)).toBeNull();
  });

  const many = (count: number, of: (n: number) => DeviceCombination): DeviceCombination[] =>
    Array.from({ length: count }, (_, n) => of(n));
  const combination = (n: number, count = 1): DeviceCombination => ({
    base: `f${n}`,
    identifiers: [device, `user_id:u${n}`],
    fragments: [
      {
        id: `f${n}`,
        base: `f${n}`,
        device: null,
        person: 1,
        identifiers: [device, `user_id:u${n}`],
        spans: { web: { count, firstAt: 0, firstMessageId: "m", lastAt: 0 } },
      },
    ],
    events: [],
  });
  const sighted = (at: (n: number) => number[]) => async () =>
    new Map(
      many(maxTenancyCombinations + 1, combination).map(({ base }, n) => [
        base,
        at(n).map((each) => ({ at: each, position: each, logout: 0 })),
      ]),
    );
  const spansOf = async (combinations: DeviceCombination[], at: (n: number) => number[] = (n) => [n]) => {
    return (await whoseOfAll(combinations, sighted(at), rules)).length;
  };

  it("is nobody's beyond so many combinations, events and spans, and somebody's up to them", async () => {
    expect(await spansOf(many(maxTenancyCombinations, combination))).toBe(maxTenancyCombinations);
    expect(await spansOf(many(maxTenancyCombinations + 1, combination))).toBe(1);
    const half = maxTenancyEvents / 2;
    expect(await spansOf([combination(0, half), combination(1, half)])).toBe(2);
    expect(await spansOf([combination(0, half), combination(1, half + 1)])).toBe(1);
    const turns = (of: number) => (n: number) => Array.from({ length: of / 2 }, (_, turn) => 2 * turn + n);
    expect(await spansOf(many(2, combination), turns(maxTenancies))).toBe(maxTenancies);
    expect(await spansOf(many(2, combination), turns(maxTenancies + 2))).toBe(1);
  });
});

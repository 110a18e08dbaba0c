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
import { nobodys, whoseIs } from "./whose.ts";

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
    const stored = incoming.filter(({ isStored }) => isStored).map((each) => sightingOf(each.incoming));
    sightings.set(`f${index}`, stored);
    const spans = { web: { count: stored.length, firstAt: 0, firstMessageId: "m", lastAt: 0 } };
    const fragment = { id: `f${index}`, base: `f${index}`, device: null, person: 1, identifiers, spans };
    const events = incoming.filter(({ isStored }) => !isStored).map((each) => each.incoming);
    return { base: `f${index}`, identifiers, fragments: stored.length > 0 ? [fragment] : [], events };
  });
  return {
    combinations: combinations.filter(({ fragments, events }) => fragments.length + events.length > 0),
    sightings,
  };
}

function whose(list: readonly Told[], before: readonly Tenancy[] | null, under: IdentityRules = rules) {
  const { combinations, sightings } = worldOf(list);
  const known = { key: device, isShared: true, combinations, before: before ?? nobodys };
  return whoseIs(known, before === null, async () => sightings, { rules: under });
}

const told: fc.Arbitrary<Told> = fc.record({
  login: fc.nat(logins.length - 1),
  at: fc.nat(8),
  logout: fc.boolean(),
  isStored: fc.boolean(),
});

describe("Identity properties 1, 8: whose a device is", () => {
  it("is what all events say, whether or not what is stored is begun with", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(told, { maxLength: 14 }), async (list) => {
        const before = await whose(
          list.filter(({ isStored }) => isStored),
          null,
        );
        expect(await whose(list, before)).toEqual(await whose(list, null));
      }),
      { numRuns: 3_000 },
    );
  });

  it("what is stored is read only where the batch changes it", async () => {
    let reads = 0;
    const read = async (list: readonly Told[], before: readonly Tenancy[]) => {
      const { combinations, sightings } = worldOf(list);
      await whoseIs(
        { key: device, isShared: true, combinations, before },
        false,
        async () => {
          reads += 1;
          return sightings;
        },
        { rules },
      );
    };
    const before: Tenancy[] = [
      { from: null, tenant: "user_id:a" },
      { from: 5, tenant: "user_id:b" },
    ];
    const fresh = { logout: false, isStored: false };
    await read(
      [0, 3, 9].map((at) => ({ login: 0, at, ...fresh })),
      before,
    );
    await read(
      [
        { login: 1, at: 3, ...fresh },
        { login: 2, at: 7, ...fresh },
      ],
      before,
    );
    expect(reads).toBe(0);
    await read([{ login: 1, at: 7, ...fresh }], before);
    expect(reads).toBe(1);
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
    const known = { key: device, isShared: true, combinations, before: nobodys };
    return (await whoseIs(known, true, sighted(at), { rules })).length;
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

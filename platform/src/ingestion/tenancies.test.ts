import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, foldingHarness, foldings, published, type Folding } from "../../test/pipelineHarness.ts";
import { runs } from "../../test/runs.ts";
import { defaultIdentityRules, type IdentityRules } from "../identity/index.ts";
import type { AcceptedEvent } from "../model/event.ts";
import { bytes, events, evidence, start } from "./smallWorld.fake.ts";
import { expectedProfiles, told } from "./tenancyWorld.fake.ts";

const folding = foldings();
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });

/** Few devices and logins, many hours: late logins and logouts cut what was folded. */
const who = fc.oneof(
  { weight: 4, arbitrary: fc.constant<string[]>([]) },
  { weight: 2, arbitrary: fc.nat(2).map((n) => [`user_id:u${n}`]) },
  { weight: 1, arbitrary: fc.nat(2).map((n) => [`email:e${n}@example.com`]) },
  { weight: 1, arbitrary: fc.constant<string[]>(["user_id:null"]) },
);
const device = fc.oneof(
  { weight: 4, arbitrary: fc.constant(["anonymous_id:a"]) },
  { weight: 2, arbitrary: fc.constant(["device_id:d"]) },
  { weight: 2, arbitrary: fc.constant(["anonymous_id:a", "device_id:d"]) },
  { weight: 1, arbitrary: fc.constant(["anonymous_id:b"]) },
);
const what = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "view" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "logout" as const }) },
  { weight: 2, arbitrary: fc.nat(3).map((n) => ({ kind: "identify" as const, n })) },
  { weight: 2, arbitrary: fc.nat(2).map((n) => ({ kind: "order" as const, n })) },
  { weight: 1, arbitrary: fc.boolean().map((granted) => ({ kind: "consent" as const, granted })) },
);
const sharedEvents: fc.Arbitrary<AcceptedEvent[]> = fc
  .array(fc.record({ who, device, what, at: fc.nat(12), source: fc.constantFrom("web", "app") }), {
    minLength: 1,
    maxLength: 24,
  })
  .map((list) => list.map((each, index) => eventOf(each, `m${index}`)));

type Given = { who: readonly string[]; device: readonly string[]; at: number; source: string } & {
  what: { kind: string; n?: number; granted?: boolean };
};

function eventOf({ who: login, device: on, at, source, what: did }: Given, messageId: string): AcceptedEvent {
  const occurredAt = start + at * 3_600_000;
  const common = accepted({ messageId, identifiers: [...login, ...on], source, occurredAt });
  switch (did.kind) {
    case "logout":
      return { ...common, event: "signed_out" };
    case "identify":
      return { ...common, type: "identify", event: null, body: { type: "identify", traits: { address: `${did.n}` } } };
    case "order":
      return {
        ...common,
        event: "Order Completed",
        body: { properties: { order_id: `o${did.n}`, total: at + 1, currency: "GBP" } },
      };
    case "consent":
      return {
        ...common,
        body: { context: { consent: { categoryPreferences: { marketing: did.granted === true } } } },
      };
    default:
      return common;
  }
}

const own: IdentityRules = { ...defaultIdentityRules, tenancies: { anonymousEvents: "own_person", logoutEvents: [] } };
const laxer: IdentityRules = { ...defaultIdentityRules, sharedDeviceLogins: 3 };
const deaf: IdentityRules = {
  ...defaultIdentityRules,
  tenancies: { anonymousEvents: "last_login", logoutEvents: ["Logout"] },
};

async function tell(one: Folding): Promise<string[]> {
  return (await one.profiles()).map(told).sort();
}

async function withTwo(check: (one: Folding, other: Folding) => Promise<void>, rules?: IdentityRules): Promise<void> {
  const [one, other] = [await foldingHarness(rules), await foldingHarness(rules)];
  try {
    await check(one, other);
  } finally {
    await one.close();
    await other.close();
  }
}

describe("Identity property 8: what happens on a shared device is whoever's signed in last, by event time", () => {
  for (const [name, world] of [
    ["devices that several use", sharedEvents],
    ["the small world", events],
  ] as const) {
    it(`every event of ${name} is given as with all logins and logouts known`, async () => {
      await fc.assert(
        fc.asyncProperty(world, sizes, async (list, batches) =>
          withTwo(async (one) => {
            await one.deliver(list, batches);
            expect(await tell(one)).toEqual(expectedProfiles(list));
          }),
        ),
        { numRuns: runs(40) },
      );
    });
  }

  it("Identity properties 1, 2, 3: order, batching and repetition change nothing, in any table", async () => {
    const shuffled = sharedEvents.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.subarray(list),
        sizes,
        sizes,
      ),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([list, mixed, again, batches, others]) =>
        withTwo(async (live, rebuilt) => {
          await live.deliver([...mixed, ...again], batches);
          await rebuilt.deliver([...mixed, ...again], others);
          expect(await live.differences(rebuilt)).toEqual([]);
          await withTwo(async (whole) => {
            await whole.deliver(list);
            expect(await bytes(live)).toBe(await bytes(whole));
            expect(await evidence(live)).toBe(await evidence(whole));
          });
        }),
      ),
      { numRuns: runs(30) },
    );
  });

  it("other rules hand devices over as if they had always held", async () => {
    const rules = fc.constantFrom(own, laxer, deaf, defaultIdentityRules);
    await fc.assert(
      fc.asyncProperty(
        sharedEvents,
        fc.array(rules, { minLength: 1, maxLength: 3 }),
        fc.nat(24),
        async (list, versions, place) => {
          const last = versions.at(-1) ?? own;
          const [changing, always] = [await foldingHarness(), await foldingHarness(last)];
          try {
            await changing.deliver(list.slice(0, place), [3]);
            for (const [index, version] of versions.entries()) await changing.deliver([published(version, index + 2)]);
            await changing.deliver(list.slice(place), [2]);
            await always.deliver(list);
            expect(await tell(changing)).toEqual(expectedProfiles(list, last));
            // Positions differ by the rules' records.
            const differences = await changing.differences(always);
            expect(differences.filter((line) => !/^(rules|head|processed|sighting)\b/.test(line))).toEqual([]);
          } finally {
            await changing.close();
            await always.close();
          }
        },
      ),
      { numRuns: runs(20) },
    );
  });
});

let made = 0;
const seen = (hour: number, ...identifiers: string[]) =>
  accepted({ messageId: `t${(made += 1)}`, identifiers, occurredAt: start + hour * 3_600_000 });
const left = (hour: number, ...identifiers: string[]): AcceptedEvent => ({
  ...seen(hour, ...identifiers),
  event: "Signed Out",
});

async function counts(one: Folding): Promise<Record<string, number>> {
  const profiles = await one.profiles();
  return Object.fromEntries(
    profiles.map(({ identifiers, computed }) => [
      identifiers
        .map(({ value }) => value)
        .sort()
        .join(" "),
      computed.eventCount,
    ]),
  );
}

describe("a family's tablet", () => {
  const tablet = "device_id:tablet";
  const [anna, ben] = ["user_id:anna", "user_id:ben"];

  it("is Anna's until Ben signs in, and his then", async () => {
    const one = await folding();
    await one.deliver(
      [seen(0, tablet), seen(1, tablet, anna), seen(2, tablet), seen(3, tablet, ben), seen(4, tablet)],
      [1],
    );
    expect(await counts(one)).toEqual({ tablet: 0, anna: 3, ben: 2 });
  });

  it("a late login takes what comes after it, up to the next", async () => {
    const one = await folding();
    await one.deliver([seen(1, tablet, anna), seen(5, tablet), seen(9, tablet, ben), seen(10, tablet)], [1]);
    expect(await counts(one)).toEqual({ tablet: 0, anna: 2, ben: 2 });
    await one.deliver([seen(3, tablet, ben)]);
    expect(await counts(one)).toEqual({ tablet: 0, anna: 1, ben: 4 });
  });

  it("a logout isolates: also a late one, and on a device of one login", async () => {
    const one = await folding();
    await one.deliver([seen(1, tablet, anna), seen(5, tablet)], [1]);
    expect(await counts(one)).toEqual({ "anna tablet": 2 });
    await one.deliver([left(3, tablet, anna)]);
    expect(await counts(one)).toEqual({ tablet: 1, anna: 2 });
  });

  it("a terminal that many use is nobody's", async () => {
    const one = await folding();
    const logins = Array.from({ length: 201 }, (_, n) => seen(n, tablet, `user_id:u${n}`));
    await one.deliver([seen(0, tablet), ...logins.slice(0, 150)], [50]);
    expect((await counts(one))["u0"]).toBe(2);
    await one.deliver(logins.slice(150), [50]);
    expect(await counts(one)).toMatchObject({ tablet: 1, u0: 1, u200: 1 });
  });
});

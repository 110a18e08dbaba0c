import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, foldingHarness, foldings, published, type Folding } from "../../test/pipelineHarness.ts";
import { runs } from "../../test/runs.ts";
import { defaultIdentityRules, type IdentityRules } from "../identity/index.ts";
import { maxDevicesTold, maxSpansTold } from "../identity/read.ts";
import type { AcceptedEvent } from "../model/event.ts";
import { bytes, events, evidence, start } from "./smallWorld.fake.ts";
import { expectedProfiles, sharedEvents, told } from "./tenancyWorld.fake.ts";

const folding = foldings();
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });

const own: IdentityRules = { ...defaultIdentityRules, tenancies: { anonymousEvents: "own_person", logoutEvents: [] } };
const laxer: IdentityRules = { ...defaultIdentityRules, sharedDeviceLogins: 3 };
const deaf: IdentityRules = {
  ...defaultIdentityRules,
  tenancies: { anonymousEvents: "last_login", logoutEvents: ["Logout"] },
};

/** E-mail addresses are less sure than devices: one that becomes a hub leaves what it stood beside to them. */
const devicesFirst = ranked({ email: 1 });
const anonymousFirst = ranked({ anonymous_id: 25 });

function ranked(ranks: Record<string, number>): IdentityRules {
  const types = { ...defaultIdentityRules.types };
  for (const [type, rank] of Object.entries(ranks)) {
    types[type] = { ...(types[type] ?? defaultIdentityRules.otherTypes), rank };
  }
  return { ...defaultIdentityRules, types };
}

let made = 0;
const seen = (hour: number, ...identifiers: string[]) =>
  accepted({ messageId: `t${(made += 1)}`, identifiers, occurredAt: start + hour * 3_600_000 });
const left = (hour: number, ...identifiers: string[]): AcceptedEvent => ({
  ...seen(hour, ...identifiers),
  event: "Signed Out",
});

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
  for (const [name, world, rules] of [
    ["devices that several use", sharedEvents, defaultIdentityRules],
    ["devices that are surer than e-mail addresses", sharedEvents, devicesFirst],
    ["the small world", events, defaultIdentityRules],
  ] as const) {
    it(`every event of ${name} is given as with all logins and logouts known`, async () => {
      await fc.assert(
        fc.asyncProperty(world, sizes, async (list, batches) =>
          withTwo(async (one) => {
            await one.deliver(list, batches);
            expect(await tell(one)).toEqual(expectedProfiles(list, rules));
          }, rules),
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
    const rules = fc.constantFrom(defaultIdentityRules, devicesFirst, anonymousFirst);
    await fc.assert(
      fc.asyncProperty(shuffled, rules, async ([list, mixed, again, batches, others], under) =>
        withTwo(async (live, rebuilt) => {
          await live.deliver([...mixed, ...again], batches);
          await rebuilt.deliver([...mixed, ...again], others);
          expect(await live.differences(rebuilt)).toEqual([]);
          await withTwo(async (whole) => {
            await whole.deliver(list);
            expect(await bytes(live)).toBe(await bytes(whole));
            expect(await evidence(live)).toBe(await evidence(whole));
          }, under);
        }, under),
      ),
      { numRuns: runs(30) },
    );
  });

  it("other rules hand devices over as if they had always held", async () => {
    const rules = fc.constantFrom(own, laxer, deaf, devicesFirst, anonymousFirst, defaultIdentityRules);
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

describe("Identity property 8: rules that hand devices over", () => {
  it("whatever the batch before them was", async () => {
    const one = await folding();
    const list = [
      seen(1, "device_id:d", "user_id:u1"),
      seen(2, "device_id:d", "user_id:u2"),
      seen(3, "device_id:d"),
      left(4, "device_id:d"),
      seen(5, "device_id:d"),
    ];
    await one.deliver(list);
    const { rejected } = await one.deliver([published(own, 2)]);
    expect(rejected).toBe(0);
    expect(await tell(one)).toEqual(expectedProfiles(list, own));
  });

  it("a combination of two devices goes with the surer one", async () => {
    const list = [
      ...[1, 2].map((n) => seen(n, "device_id:d", `user_id:u${n}`)),
      ...[1, 2].map((n) => seen(n, "anonymous_id:a", `user_id:v${n}`)),
      ...[1, 2, 3].map((n) => seen(n, "anonymous_id:a", "device_id:d")),
    ];
    const [changing, always] = [await foldingHarness(), await foldingHarness(anonymousFirst)];
    try {
      await changing.deliver([...list, published(anonymousFirst, 2)]);
      await always.deliver(list);
      const differences = await changing.differences(always);
      expect(differences.filter((line) => /^(fragment|tenancy|profile)\b/.test(line))).toEqual([]);
    } finally {
      await changing.close();
      await always.close();
    }
  });
});

describe("Identity property 1: a combination that becomes a device's own by events that do not name it", () => {
  it("is given to whoever had the device, whichever came first", async () => {
    const combined = [1, 2, 3].map((n) => seen(n, "device_id:d", "email:e@example.com"));
    const logins = [1, 2].map((n) => seen(n, "device_id:d", `user_id:u${n}`));
    const crowd = [1, 2, 3].map((n) => seen(n, "email:e@example.com", `user_id:v${n}`));
    const list = [...combined, ...logins, ...crowd];
    await withTwo(async (one, other) => {
      await one.deliver(list, [1]);
      await other.deliver([...crowd, ...logins, ...combined], [1]);
      expect(await tell(one)).toEqual(expectedProfiles(list, devicesFirst));
      expect(await bytes(one)).toBe(await bytes(other));
    }, devicesFirst);
  });
});

describe("Identity property 8: a device that other rules do not hold for shared", () => {
  it("is one person's again, and nobody is said to have had it", async () => {
    const [changing, always] = [await foldingHarness(), await foldingHarness(laxer)];
    try {
      const logins = [seen(1, "device_id:d", "user_id:u1"), seen(2, "device_id:d", "user_id:u2")];
      await changing.deliver([...logins, published(laxer, 2)]);
      await always.deliver(logins);
      const differences = await changing.differences(always);
      expect(differences.filter((line) => line.startsWith("tenancy"))).toEqual([]);
    } finally {
      await changing.close();
      await always.close();
    }
  });
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

  it("is told apart from hundreds of events, in whatever batches they came", async () => {
    const views = Array.from({ length: 300 }, (_, n) => seen(n, tablet));
    const list = [...views.slice(0, 200), seen(10, tablet, anna), seen(250, tablet, ben), ...views.slice(200)];
    const late = [seen(150, tablet, ben), left(180, tablet)];
    await withTwo(async (one, other) => {
      await one.deliver(list, [5]);
      await other.deliver(list, [130, 40]);
      expect(await one.differences(other)).toEqual([]);
      for (const each of [one, other]) await each.deliver(late);
      expect(await one.differences(other)).toEqual([]);
      expect(await tell(one)).toEqual(expectedProfiles([...list, ...late]));
    });
  });

  it("a logout isolates: also a late one, and on a device of one login", async () => {
    const one = await folding();
    await one.deliver([seen(1, tablet, anna), seen(5, tablet)], [1]);
    expect(await counts(one)).toEqual({ "anna tablet": 2 });
    await one.deliver([left(3, tablet, anna)]);
    expect(await counts(one)).toEqual({ tablet: 1, anna: 2 });
  });

  it("a terminal that many use is nobody's, and what it was seen with is not read", async () => {
    const asked: number[] = [];
    const one = await foldingHarness(defaultIdentityRules, (store) => ({
      ...store,
      fragmentsOfDevices: async (devices) => {
        const found = await store.fragmentsOfDevices(devices);
        asked.push(found.length);
        return found;
      },
    }));
    try {
      const logins = Array.from({ length: 150 }, (_, n) => seen(n, tablet, `user_id:u${n}`));
      await one.deliver(logins, [150]);
      asked.length = 0;
      await one.deliver([seen(200, tablet), seen(201, tablet, "user_id:u1")]);
      expect(asked).toEqual([0]);
      expect(await counts(one)).toMatchObject({ tablet: 1, u1: 2 });
    } finally {
      await one.close();
    }
  });

  it("a terminal that many use is nobody's, however they came", async () => {
    const logins = Array.from({ length: 102 }, (_, n) => seen(n, tablet, `user_id:u${n}`));
    const list = [...logins, ...Array.from({ length: 20 }, (_, n) => seen(5 * n, tablet))];
    await withTwo(async (one, other) => {
      await one.deliver(list, [10]);
      await other.deliver(list, [90, 7]);
      expect(await one.differences(other)).toEqual([]);
      const reversed = await folding();
      await reversed.deliver(list.toReversed(), [90, 7]);
      expect(await bytes(reversed)).toBe(await bytes(one));
    });
  });

  it("a terminal that many use is nobody's from then on", async () => {
    const one = await folding();
    const logins = Array.from({ length: 101 }, (_, n) => seen(n, tablet, `user_id:u${n}`));
    await one.deliver([seen(0, tablet), ...logins.slice(0, 80)], [40]);
    expect((await counts(one))["u0"]).toBe(2);
    await one.deliver(logins.slice(80), [50]);
    expect(await counts(one)).toMatchObject({ tablet: 1, u0: 1, u100: 1 });
  });
});

describe("Identity property 11: what is given to somebody else", () => {
  it("a tablet that is sold: each has what happened while it was theirs, whichever is known first", async () => {
    const list = [
      ...[1, 3].map((hour) => seen(hour, "device_id:sold", "user_id:seller")),
      ...[2, 4].map((hour) => seen(hour, "device_id:sold")),
      ...[8, 10].map((hour) => seen(hour, "device_id:sold", "user_id:buyer")),
      ...[9, 11].map((hour) => seen(hour, "device_id:sold")),
    ];
    await withTwo(async (one, other) => {
      await one.deliver(list, [1]);
      await other.deliver(list.toReversed(), [3]);
      expect(await counts(one)).toEqual({ sold: 0, seller: 4, buyer: 4 });
      expect(await bytes(other)).toBe(await bytes(one));
    });
  });

  it("a phone number: its first owner keeps it, whenever what names it came", async () => {
    const [old, now] = [
      ["user_id:old", "email:old@example.com"],
      ["user_id:new", "email:new@example.com"],
    ] as const;
    const list = [
      seen(1, "phone:+442079460018", ...old),
      seen(2, "phone:+442079460018"),
      seen(8, "phone:+442079460018", ...now),
      seen(9, "phone:+442079460018"),
    ];
    await withTwo(async (one, other) => {
      await one.deliver(list, [1]);
      await other.deliver(list.toReversed(), [1]);
      expect(await counts(one)).toEqual({ "+442079460018 old old@example.com": 3, "new new@example.com": 1 });
      expect(await bytes(other)).toBe(await bytes(one));
    });
  });
});

describe("whose the shared devices were", () => {
  it("is told of so many devices and spans, and how many are left out", async () => {
    const one = await folding();
    const devices = Array.from({ length: maxDevicesTold + 3 }, (_, n) => `device_id:d${n}`);
    const shared = devices.flatMap((device) => [1, 2].map((n) => seen(n, device, `user_id:u${n}`)));
    const turns = Array.from({ length: maxSpansTold + 2 }, (_, n) =>
      seen(n + 3, "device_id:d0", `user_id:u${1 + (n % 2)}`),
    );
    await one.deliver([...shared, ...turns], [50]);
    const profile = await one.profile("user_id", "u1");
    const told = await one.identity.of(profile?.id ?? "");
    expect(told?.tenancies.map(({ device }) => device)).toEqual(devices.toSorted().slice(0, maxDevicesTold));
    expect(told?.devicesLeftOut).toBe(3);
    expect(told?.tenancies[0]).toMatchObject({ device: "device_id:d0", leftOut: 4 });
    expect(told?.tenancies[0]?.tenancies).toHaveLength(maxSpansTold);
    expect(told?.tenancies[1]?.leftOut).toBe(0);
  });
});

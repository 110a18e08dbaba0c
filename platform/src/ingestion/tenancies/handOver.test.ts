import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { accepted, foldingHarness, published, type Folding } from "../../../test/pipelineHarness.ts";
import { defaultIdentityRules, maxTenancyCombinations, type IdentityRules } from "../../identity/index.ts";
import { start } from "../smallWorld.fake.ts";

let made = 0;
const seen = (hour: number, ...identifiers: string[]) =>
  accepted({ messageId: `r${(made += 1)}`, identifiers, occurredAt: start + hour * 3_600_000 });

const anonymousFirst: IdentityRules = {
  ...defaultIdentityRules,
  types: {
    ...defaultIdentityRules.types,
    anonymous_id: { ...(defaultIdentityRules.types["anonymous_id"] ?? defaultIdentityRules.otherTypes), rank: 25 },
  },
};

/** How many events are whose. */
async function counts(one: Folding, ...names: string[]): Promise<Record<string, number | undefined>> {
  const profiles = await one.profiles();
  const of = (name: string) => profiles.find(({ identifiers: [only] }) => `${only?.type}:${only?.value}` === name);
  return Object.fromEntries(names.map((name) => [name, of(name)?.computed.eventCount]));
}

/** A browser that two signed in on, on a shop's terminal that many use: its events name both. */
function onTerminal(browser: string, terminal: string) {
  return [
    ...Array.from({ length: maxTenancyCombinations + 1 }, (_, n) => seen(n, terminal, `user_id:u${n}`)),
    ...[1, 3].map((n) => seen(n, browser, `user_id:v${n}`)),
    ...[2, 4].map((n) => seen(n, browser, terminal)),
  ];
}

describe("Identity property 8: rules by which a public device is surer than one that changes hands", () => {
  for (const [name, before, after, browser, terminal] of [
    ["a terminal", anonymousFirst, defaultIdentityRules, "anonymous_id:a", "device_id:d"],
    ["a browser", defaultIdentityRules, anonymousFirst, "device_id:d", "anonymous_id:a"],
  ] as const) {
    it(`${name}: what names both is nobody's, as if they had always held`, async () => {
      const list = onTerminal(browser, terminal);
      const [changing, always] = [await foldingHarness(before), await foldingHarness(after)];
      try {
        await changing.deliver([...list, published(after, 2)], [list.length, 1]);
        await always.deliver([...list], [list.length]);
        const names = ["user_id:v1", "user_id:v3", browser, terminal];
        const expected = { "user_id:v1": 1, "user_id:v3": 1, [browser]: 0, [terminal]: 2 };
        expect(await counts(always, ...names)).toEqual(expected);
        expect(await counts(changing, ...names)).toEqual(expected);
      } finally {
        await changing.close();
        await always.close();
      }
    });
  }
});

/** Of followers' feed, who is named behind a version. */
function named({ file }: Folding, after: number): { version: number; persons: number[] } {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare("SELECT version, id FROM feed WHERE version > ? AND kind = 'person'").all(after);
  database.close();
  const versions = rows.map(({ version }) => Number(version));
  return { version: Math.max(after, ...versions), persons: rows.map(({ id }) => Number(id)) };
}

describe("a login on a tablet that a shop's staff use by turns", () => {
  it("is told of those whose spans it changes, not of everybody who ever had it", async () => {
    const one = await foldingHarness();
    try {
      const staff = Array.from({ length: 40 }, (_, n) => `user_id:s${n}`);
      await one.deliver(
        staff.flatMap((login, n) => [seen(2 * n, "device_id:d", login), seen(2 * n + 1, "device_id:d")]),
        [10],
      );
      const { version } = named(one, 0);
      await one.deliver([seen(100, "device_id:d", "user_id:new")]);
      // Who had it last has it until then; the new one has it from then on.
      expect(new Set(named(one, version).persons).size).toBeLessThanOrEqual(3);
    } finally {
      await one.close();
    }
  });
});

describe("Identity property 8: whose a fragment's device is, by other rules", () => {
  it("is the surer one of two that the same people had", async () => {
    const [tablet, browser] = ["device_id:d", "anonymous_id:a"];
    const list = [
      ...[1, 5].flatMap((hour, n) => [tablet, browser].map((device) => seen(hour, device, `user_id:u${n}`))),
      ...[2, 6].map((hour) => seen(hour, tablet, browser)),
    ];
    const [changing, always] = [await foldingHarness(), await foldingHarness(anonymousFirst)];
    try {
      await changing.deliver([...list, published(anonymousFirst, 2)], [list.length, 1]);
      await always.deliver(list);
      const differences = await changing.differences(always);
      expect(differences.filter((line) => line.startsWith("fragment"))).toEqual([]);
    } finally {
      await changing.close();
      await always.close();
    }
  });
});

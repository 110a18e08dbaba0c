import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, defaultIdentityRules, edgesOfFragments, resolve } from "../identity/index.ts";
import type { AcceptedEvent } from "../model/event.ts";
import { parseIdentifierKey } from "../model/identifier.ts";
import { accepted, foldingHarness, foldings, type Folding } from "../../test/pipelineHarness.ts";
import { runs } from "../../test/runs.ts";

const folding = foldings();

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

/** A small world in which merges, shared devices, hubs, limits and aliases all happen often. */
const key = fc.oneof(
  { weight: 3, arbitrary: fc.nat(3).map((n) => `user_id:u${n}`) },
  { weight: 3, arbitrary: fc.nat(5).map((n) => `anonymous_id:a${n}`) },
  { weight: 3, arbitrary: fc.nat(7).map((n) => `email:e${n}@example.com`) },
  { weight: 1, arbitrary: fc.nat(2).map((n) => `phone:+4420794600${10 + n}`) },
  { weight: 1, arbitrary: fc.nat(1).map((n) => `loyalty_card:${n}`) },
  { weight: 1, arbitrary: fc.constant("user_id:null") },
);
const event: fc.Arbitrary<Omit<AcceptedEvent, "messageId">> = fc
  .record({
    identifiers: fc.uniqueArray(key, { minLength: 0, maxLength: 4 }),
    aliasOf: fc.oneof(
      { weight: 9, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.nat(5).map((n) => [`anonymous_id:a${n}`, `user_id:u${n % 4}`]) },
    ),
    source: fc.constantFrom("web", "erp", "constructor"),
    at: fc.nat(6),
    late: fc.nat(3),
    what: fc.oneof(
      fc.record({
        kind: fc.constant("identify" as const),
        trait: fc.constantFrom("name", "city", "__proto__"),
        value: fc.nat(3),
      }),
      fc.record({
        kind: fc.constantFrom("Order Completed" as const, "Order Refunded" as const),
        order: fc.nat(3),
        total: fc.integer({ min: -5, max: 500 }),
        currency: fc.constantFrom("GBP", "EUR"),
      }),
      fc.record({ kind: fc.constant("consent" as const), granted: fc.boolean() }),
      fc.constant({ kind: "view" as const }),
    ),
  })
  .map(({ identifiers, aliasOf, source, at, late, what }) => {
    const occurredAt = start + at * day;
    const common = {
      ...accepted({ messageId: "", identifiers, aliasOf, source, occurredAt }),
      sourceKind: source === "erp" ? ("erp" as const) : ("web" as const),
      receivedAt: occurredAt + late * day,
    };
    if (what.kind === "view") return common;
    if (what.kind === "consent")
      return { ...common, body: { context: { consent: { categoryPreferences: { marketing: what.granted } } } } };
    if (what.kind === "identify") {
      const traits = JSON.parse(`{${JSON.stringify(what.trait)}: ${what.value}}`) as Record<string, number>;
      return { ...common, type: "identify" as const, event: null, body: { type: "identify", traits } };
    }
    const properties = { order_id: `o${what.order}`, total: what.total / 100, currency: what.currency };
    return { ...common, event: what.kind, body: { type: "track", event: what.kind, properties } };
  });
const events = fc
  .array(event, { minLength: 1, maxLength: 25 })
  .map((list) => list.map((one, index): AcceptedEvent => ({ ...one, messageId: `m${index}` })));

describe("Promise 5: order does not matter", () => {
  it("any order, batching, splitting and duplication of the same records gives byte-identical people, profiles and orders", async () => {
    await fc.assert(
      fc.asyncProperty(
        events.chain((list) =>
          fc.tuple(
            fc.constant(list),
            fc.shuffledSubarray(list, { minLength: list.length }),
            fc.subarray(list),
            fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
          ),
        ),
        async ([list, shuffled, again, batches]) => {
          const [whole, parts] = [await foldingHarness(), await foldingHarness()];
          try {
            await whole.deliver(list);
            await parts.deliver([...shuffled, ...again], batches);
            expect(await bytes(parts)).toBe(await bytes(whole));
            expect(await evidence(parts)).toBe(await evidence(whole));
          } finally {
            await whole.close();
            await parts.close();
          }
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it("incremental people equal one resolution of all evidence", async () => {
    await fc.assert(
      fc.asyncProperty(events, async (list) => {
        const one = await foldingHarness();
        try {
          await one.deliver(list, [1]);
          const partition = (await one.profiles()).map((profile) =>
            profile.identifiers
              .map(({ type, value }) => `${type}:${value}`)
              .sort()
              .join(" "),
          );
          expect(partition.sort()).toEqual(oracle(list));
        } finally {
          await one.close();
        }
      }),
      { numRuns: runs(60) },
    );
  });
});

/** Resolves everything at once, from the events alone. */
function oracle(list: readonly AcceptedEvent[]): string[] {
  const fragments = list.map(({ identifiers, source, occurredAt, messageId }) => ({
    identifiers,
    spans: { [source]: { count: 1, firstAt: occurredAt, firstMessageId: messageId, lastAt: occurredAt } },
  }));
  const seen = new Set(list.flatMap((each) => each.identifiers));
  const identifiers = [...seen].map((each) => ({ key: each, decision: decisionOf(list, each), seen: true }));
  const edges = [...edgesOfFragments(fragments), ...list.flatMap(aliasEdges)];
  const { persons } = resolve({ identifiers, edges }, defaultIdentityRules);
  return persons.map((keys) => [...keys].sort().join(" ")).sort();
}

function decisionOf(list: readonly AcceptedEvent[], of: string) {
  const company = list.filter((each) => each.identifiers.includes(of)).flatMap((each) => [...each.identifiers]);
  return decide(parseIdentifierKey(of), company, defaultIdentityRules);
}

function aliasEdges(each: AcceptedEvent) {
  const own = each.identifiers.find((candidate) => candidate.startsWith("user_id:")) ?? each.identifiers[0];
  if (own === undefined) return [];
  const { source, occurredAt, messageId } = each;
  return each.aliasOf
    .filter((previous) => previous !== own)
    .map((b) => ({
      a: own,
      b,
      rule: "alias" as const,
      source,
      firstAt: occurredAt,
      firstMessageId: messageId,
      lastAt: occurredAt,
      count: 1,
      confidence: 1,
    }));
}

async function bytes(one: Folding): Promise<string> {
  return JSON.stringify(await one.profiles());
}
async function evidence(one: Folding): Promise<string> {
  const views = [];
  for (const profile of await one.profiles()) views.push(await one.identity.of(profile.id));
  return JSON.stringify(views);
}

describe("Promise 2: once", () => {
  it("a second delivery changes nothing, and a differing body is flagged", async () => {
    const one = await folding();
    const first = accepted({ messageId: "m1", identifiers: ["user_id:ada"], body: { properties: { a: 1 } } });
    await one.deliver([first]);
    const before = await bytes(one);
    const outcome = await one.deliver([first, { ...first, body: { properties: { a: 2 } } }]);
    expect(outcome).toMatchObject({ processed: 1, rejected: 0, duplicates: 2 });
    expect(await bytes(one)).toBe(before);
  });
  it("two sources may use one messageId", async () => {
    const one = await folding();
    await one.deliver(
      ["web", "erp"].map((source) => accepted({ messageId: "m1", source, identifiers: ["user_id:ada"] })),
    );
    expect((await one.profile("user_id", "ada"))?.computed.eventCount).toBe(2);
  });
});

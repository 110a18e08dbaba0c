import fc from "fast-check";
import { defaultIdentityRules, type IdentityRules } from "../identity/index.ts";
import type { AcceptedEvent, LogRecord } from "../model/event.ts";
import { accepted, type Folding } from "../../test/pipelineHarness.ts";
import { lines, wholeResolution } from "./wholeFold.fake.ts";

export const day = 86_400_000;
export const start = Date.UTC(2026, 0, 1);

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
export const events = fc
  .array(event, { minLength: 1, maxLength: 25 })
  .map((list) => list.map((one, index): AcceptedEvent => ({ ...one, messageId: `m${index}` })));

/** Resolves everything at once, from the records alone: who is one person, as lines. */
export function oracle(list: readonly LogRecord[], rules: IdentityRules = defaultIdentityRules): string[] {
  return lines(wholeResolution(list, rules).persons);
}

export async function bytes(one: Folding): Promise<string> {
  return JSON.stringify(await one.profiles());
}
export async function evidence(one: Folding): Promise<string> {
  const views = [];
  for (const profile of await one.profiles()) views.push(await one.identity.of(profile.id));
  return JSON.stringify(views);
}

/** Who is one person with whom, as `oracle` writes it. */
export async function partition(one: Folding): Promise<string[]> {
  return lines(
    (await one.profiles()).map((profile) => profile.identifiers.map(({ type, value }) => `${type}:${value}`)),
  );
}

import fc from "fast-check";
import { defaultIdentityRules, parseIdentityRules, type IdentityRules } from "../identity/index.ts";
import type { AcceptedEvent, LogRecord } from "../model/event.ts";
import { accepted, corrected, linked } from "../../test/pipelineHarness.ts";

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

/** A small world: people meet, share devices, become hubs, run into limits and caps, are corrected and linked. */
const key = fc.oneof(
  { weight: 3, arbitrary: fc.nat(4).map((n) => `user_id:u${n}`) },
  { weight: 3, arbitrary: fc.nat(6).map((n) => `email:e${n}@example.com`) },
  { weight: 3, arbitrary: fc.nat(2).map((n) => `anonymous_id:a${n}`) },
  { weight: 1, arbitrary: fc.nat(1).map((n) => `loyalty_card:c${n}`) },
  { weight: 1, arbitrary: fc.nat(2).map((n) => `till:t${n}`) },
);
const event: fc.Arbitrary<Omit<AcceptedEvent, "messageId">> = fc
  .record({
    identifiers: fc.uniqueArray(key, { minLength: 1, maxLength: 4 }),
    alias: fc.nat(9),
    source: fc.constantFrom("web", "erp"),
    at: fc.nat(5),
    value: fc.nat(4),
    isOrder: fc.boolean(),
  })
  .map(({ identifiers, alias, source, at, value, isOrder }) => {
    const aliasOf = alias === 0 ? [`anonymous_id:a${value}`, `user_id:u${value}`] : [];
    const common = accepted({ messageId: "", identifiers, aliasOf, source, occurredAt: start + at * day });
    if (!isOrder) return { ...common, type: "identify" as const, event: null, body: { traits: { city: value } } };
    const properties = { order_id: `o${value}`, total: value, currency: "GBP" };
    return { ...common, event: "Order Completed", body: { type: "track", event: "Order Completed", properties } };
  });
const saying = fc.record({
  verdict: fc.constantFrom("same" as const, "different" as const, "withdrawn" as const),
  one: key,
  other: key,
  at: fc.nat(5),
});

const linking = fc.record({
  link: fc.constantFrom("probable" as const, "probable" as const, "unlinked" as const),
  one: key,
  other: key,
  at: fc.nat(5),
  confidence: fc.constantFrom(0.9, 0.95, 0.99),
});

/** Events, corrections and links, message ids beginning with `prefix`. */
export function worldRecords(prefix: string, maxLength = 25): fc.Arbitrary<LogRecord[]> {
  return fc
    .array(
      fc.oneof({ weight: 6, arbitrary: event }, { weight: 1, arbitrary: saying }, { weight: 1, arbitrary: linking }),
      { minLength: 1, maxLength },
    )
    .map((list) =>
      list.flatMap((one, index): LogRecord[] => {
        if (!("one" in one)) return [{ ...one, messageId: `${prefix}${index}` }];
        if (one.one === one.other) return [];
        if ("link" in one) {
          const { link, confidence, at } = one;
          const more = { id: `${prefix}l${index}`, receivedAt: start + at, confidence };
          return [linked(link, one.one, one.other, more)];
        }
        return [corrected(one.verdict, one.one, one.other, { id: `${prefix}c${index}`, receivedAt: start + one.at })];
      }),
    );
}

const kinds = fc.constantFrom("unique" as const, "personal" as const, "device" as const, "plain" as const);
const blockedValues = fc.subarray(["u0", "u1", "e0@example.com", "a0", "c0", "t0"], { maxLength: 2 });
const blockedPatterns = fc.subarray(["^u[23]$", "^e1@", "a1"], { maxLength: 1 });
const typeRules = fc
  .record({
    kind: kinds,
    rank: fc.integer({ min: 0, max: 5 }),
    limit: fc.integer({ min: 1, max: 3 }),
    bridges: fc.boolean(),
    crowd: fc.option(fc.integer({ min: 4, max: 6 })),
  })
  .map(({ crowd, ...type }) => ({
    ...type,
    ...(type.kind === "unique" ? { limit: 1 } : {}),
    ...(crowd === null ? {} : { crowd }),
  }));

/** Documents under which few events reach every limit and threshold, and which differ in everything. */
export const anyRules: fc.Arbitrary<IdentityRules> = fc
  .record({
    types: fc.record(
      { user_id: typeRules, email: typeRules, anonymous_id: typeRules, loyalty_card: typeRules },
      { requiredKeys: ["user_id"] },
    ),
    otherTypes: typeRules.filter(({ kind }) => kind !== "unique"),
    blocked: fc.record({ values: blockedValues, patterns: blockedPatterns }),
    hubThreshold: fc.integer({ min: 2, max: 4 }),
    sharedDeviceLogins: fc.integer({ min: 2, max: 4 }),
    crowdThreshold: fc.integer({ min: 4, max: 6 }),
    maxEvidenceIdentifiers: fc.integer({ min: 2, max: 12 }),
    ruleRanks: fc.record({ alias: fc.nat(20), seen_together: fc.nat(20) }),
  })
  .map((changed) => parseIdentityRules({ ...defaultIdentityRules, ...changed }));

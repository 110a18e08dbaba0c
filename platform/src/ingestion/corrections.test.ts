import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { correctionEdges, decide, defaultIdentityRules, edgesOfFragments, resolve } from "../identity/index.ts";
import { correctionOf } from "../model/correction.ts";
import type { AcceptedEvent, CorrectionRecord, LogRecord } from "../model/event.ts";
import { parseIdentifierKey } from "../model/identifier.ts";
import { accepted, corrected, foldingHarness, foldings, type Folding } from "../../test/pipelineHarness.ts";
import { runs } from "../../test/runs.ts";

const folding = foldings();

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

/** A small world: people meet, share devices, run into limits, and are corrected all the time. */
const key = fc.oneof(
  { weight: 3, arbitrary: fc.nat(3).map((n) => `user_id:u${n}`) },
  { weight: 3, arbitrary: fc.nat(6).map((n) => `email:e${n}@example.com`) },
  { weight: 2, arbitrary: fc.nat(3).map((n) => `anonymous_id:a${n}`) },
  { weight: 1, arbitrary: fc.nat(1).map((n) => `loyalty_card:${n}`) },
);
const event: fc.Arbitrary<Omit<AcceptedEvent, "messageId">> = fc
  .record({
    identifiers: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
    alias: fc.nat(9),
    source: fc.constantFrom("web", "erp"),
    at: fc.nat(5),
    kind: fc.constantFrom("identify", "order", "view"),
    value: fc.nat(3),
  })
  .map(({ identifiers, alias, source, at, kind, value }) => {
    const aliasOf = alias === 0 ? [`anonymous_id:a${value}`, `user_id:u${value}`] : [];
    const common = accepted({ messageId: "", identifiers, aliasOf, source, occurredAt: start + at * day });
    if (kind === "view") return common;
    if (kind === "identify") {
      return { ...common, type: "identify" as const, event: null, body: { traits: { city: value } } };
    }
    const properties = { order_id: `o${value}`, total: value, currency: "GBP" };
    return { ...common, event: "Order Completed", body: { type: "track", event: "Order Completed", properties } };
  });
const saying = fc.record({
  verdict: fc.constantFrom("same" as const, "same" as const, "different" as const, "withdrawn" as const),
  one: key,
  other: key,
  at: fc.nat(5),
});
const records: fc.Arbitrary<LogRecord[]> = fc
  .array(fc.oneof({ weight: 3, arbitrary: event }, { weight: 1, arbitrary: saying }), { minLength: 1, maxLength: 25 })
  .map((list) =>
    list.flatMap((one, index): LogRecord[] => {
      if (!("verdict" in one)) return [{ ...one, messageId: `m${index}` }];
      if (one.one === one.other) return [];
      return [corrected(one.verdict, one.one, one.other, { id: `c${index}`, receivedAt: start + one.at })];
    }),
  );
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });

async function people(one: Folding): Promise<string[]> {
  const keys = (await one.profiles()).map((each) =>
    each.identifiers.map(({ type, value }) => `${type}:${value}`).sort(),
  );
  return keys.map((each) => each.join(" ")).sort();
}

async function bytes(one: Folding): Promise<string> {
  const views = [];
  const profiles = await one.profiles();
  for (const profile of profiles) views.push(await one.identity.of(profile.id));
  return JSON.stringify([profiles, views]);
}

/** Resolves everything at once, from the records alone. */
function oracle(list: readonly LogRecord[]): string[] {
  const events = list.filter((each): each is AcceptedEvent => each.status === "accepted");
  const corrections = list.filter((each): each is CorrectionRecord => each.status === "correction");
  const fragments = events.map(({ identifiers, source, occurredAt, messageId }) => ({
    identifiers,
    spans: { [source]: { count: 1, firstAt: occurredAt, firstMessageId: messageId, lastAt: occurredAt } },
  }));
  const companyOf = (of: string) =>
    events.filter((each) => each.identifiers.includes(of)).flatMap((each) => [...each.identifiers]);
  const identifiers = [...new Set(events.flatMap((each) => each.identifiers))].map((each) => ({
    key: each,
    decision: decide(parseIdentifierKey(each), companyOf(each), defaultIdentityRules),
    seen: true,
  }));
  const edges = [
    ...edgesOfFragments(fragments),
    ...events.flatMap(aliasEdges),
    ...correctionEdges(corrections.map(correctionOf)),
  ];
  return resolve({ identifiers, edges }, defaultIdentityRules)
    .persons.map((keys) => [...keys].sort().join(" "))
    .sort();
}

function aliasEdges({ identifiers, aliasOf, source, occurredAt, messageId }: AcceptedEvent) {
  const own = identifiers.find((candidate) => candidate.startsWith("user_id:")) ?? identifiers[0] ?? "";
  const common = { a: own, rule: "alias" as const, source, firstAt: occurredAt, firstMessageId: messageId };
  const rest = { lastAt: occurredAt, count: 1, confidence: 1 };
  return aliasOf.filter((previous) => previous !== own).map((b) => ({ ...common, b, ...rest }));
}

async function withTwo(check: (one: Folding, other: Folding) => Promise<void>): Promise<void> {
  const [one, other] = [await foldingHarness(), await foldingHarness()];
  try {
    await check(one, other);
  } finally {
    await one.close();
    await other.close();
  }
}

describe("Promise 5: order does not matter, of corrections neither", () => {
  it("any order, batching and duplication of events and corrections gives byte-identical people (Identity property 5, 16)", async () => {
    const shuffledRecords = records.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list), sizes),
    );
    await fc.assert(
      fc.asyncProperty(shuffledRecords, ([list, shuffled, again, batches]) =>
        withTwo(async (whole, parts) => {
          await whole.deliver(list);
          await parts.deliver([...shuffled, ...again], batches);
          expect(await bytes(parts)).toBe(await bytes(whole));
        }),
      ),
      { numRuns: runs(30) },
    );
  });

  it("Identity property 3: after every prefix the incremental people are those of one full resolution", async () => {
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        const one = await foldingHarness();
        try {
          for (const [index, record] of list.entries()) {
            await one.deliver([record]);
            expect(await people(one)).toEqual(oracle(list.slice(0, index + 1)));
          }
        } finally {
          await one.close();
        }
      }),
      { numRuns: runs(20) },
    );
  });
});

describe("Identity property 12: merge then unmerge is never merged", () => {
  it("byte for byte, with whatever came in between, in whatever batches", async () => {
    await fc.assert(
      fc.asyncProperty(records, records, key, key, sizes, (before, after, x, y, batches) =>
        withTwo(async (merged, never) => {
          fc.pre(x !== y);
          const later = after.map((each) => ({ ...each, messageId: `later ${each.messageId}` }));
          const at = start + 10 * day;
          const merge = corrected("same", x, y, { id: "merge", receivedAt: at });
          const unmerge = corrected("withdrawn", x, y, { id: "unmerge", receivedAt: at + 1 });
          // Of the pair itself nothing else is said: withdrawing takes that back too.
          const others = ({ status, ...each }: LogRecord): boolean =>
            status !== "correction" || !("body" in each) || !isOf(each.body, x, y);
          const [early, late] = [before.filter(others), later.filter(others)];
          await merged.deliver([...early, merge, ...late, unmerge], batches);
          await never.deliver([...early, ...late], batches);
          expect(await bytes(merged)).toBe(await bytes(never));
        }),
      ),
      { numRuns: runs(20) },
    );
  });

  function isOf(body: unknown, x: string, y: string): boolean {
    const { a, b } = body as { a?: string; b?: string };
    return [a, b].every((end) => end === x || end === y);
  }

  const ada = [
    accepted({ messageId: "1", identifiers: ["user_id:ada", "email:ada@example.com"] }),
    accepted({ messageId: "2", identifiers: ["user_id:a.l", "email:lovelace@example.com"] }),
  ];
  const together = accepted({ messageId: "3", identifiers: ["email:ada@example.com", "email:lovelace@example.com"] });

  it("`different` survives new evidence, a second delivery and a rebuild", async () => {
    const one = await folding();
    const apart = corrected("different", "email:ada@example.com", "email:lovelace@example.com", { id: "c1" });
    await one.deliver([...ada, apart, together, apart, { ...together, messageId: "4" }], [1]);
    expect(await people(one)).toHaveLength(2);
    const again = await folding();
    await again.deliver([together, apart, ...ada, { ...together, messageId: "4" }]);
    expect(await people(again)).toEqual(await people(one));
    const why = await one.identity.why("email:ada@example.com", "email:lovelace@example.com");
    expect(why.refused.map(({ rule, status }) => [rule, status])).toEqual([
      ["different", "active"],
      ["seen_together", "refused"],
    ]);
    expect(why.refused[1]?.reason).toMatchObject({ code: "apart", correctionId: "c1" });
    expect(why.explanation).toContain("Somebody said on 2026-02-01 that");
  });

  it("tells whom a correction joined, by itself and not by an event of one of them in the same batch", async () => {
    const one = await folding();
    await one.deliver(ada);
    const again = accepted({ messageId: "9", identifiers: ["user_id:ada", "phone:+442079460018"] });
    const merge = corrected("same", "user_id:ada", "user_id:a.l", { id: "c1" });
    const { joined, joins } = await one.deliver([merge, again]);
    expect(joined).toBe(1);
    const [living, ...others] = await one.profiles();
    expect(others).toEqual([]);
    expect(joins).toEqual([
      {
        position: 2,
        profileId: living?.id,
        retiredIds: living?.retiredIds.filter((id) => joins[0]?.retiredIds.includes(id)),
        identifiers: ["user_id:a.l", "user_id:ada"],
        messageId: "c1",
        source: "_corrections",
        sourceKind: null,
        occurredAt: Date.UTC(2026, 1, 1),
        rule: "same",
      },
    ]);
    expect(joins[0]?.retiredIds).toHaveLength(1);
    // Taken back, nobody is joined; said again, two are.
    const back = corrected("withdrawn", "user_id:ada", "user_id:a.l", { id: "c2", receivedAt: Date.UTC(2026, 2, 1) });
    expect((await one.deliver([back])).joined).toBe(1);
    const anew = corrected("same", "user_id:ada", "user_id:a.l", { id: "c3", receivedAt: Date.UTC(2026, 3, 1) });
    expect((await one.deliver([anew])).joins.map(({ messageId }) => messageId)).toEqual(["c1", "c3"]);
  });

  it("a correction is nobody's event, and counts once", async () => {
    const one = await folding();
    const merge = corrected("same", "user_id:ada", "user_id:a.l", { id: "c1" });
    const outcome = await one.deliver([...ada, merge, merge]);
    expect(outcome).toMatchObject({ processed: 3, duplicates: 1, rejected: 0, joined: 0 });
    const [profile, ...others] = await one.profiles();
    expect(others).toEqual([]);
    expect(profile?.computed.eventCount).toBe(2);
    expect(profile?.sources).toEqual(["web"]);
  });
});

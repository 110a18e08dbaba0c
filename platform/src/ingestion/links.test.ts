import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../model/event.ts";
import { accepted, bytesOf, corrected, foldings, linked, withTwo } from "../../test/pipelineHarness.ts";
import { runs } from "../../test/runs.ts";

const folding = foldings();

const start = Date.UTC(2026, 0, 1);
const day = 86_400_000;

const key = fc.oneof(
  { weight: 3, arbitrary: fc.nat(3).map((n) => `user_id:u${n}`) },
  { weight: 3, arbitrary: fc.nat(4).map((n) => `crm_id:c${n}`) },
  { weight: 2, arbitrary: fc.nat(4).map((n) => `email:e${n}@example.com`) },
);
const event = fc
  .record({ identifiers: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }), at: fc.nat(5) })
  .map(({ identifiers, at }) => accepted({ messageId: "", identifiers, occurredAt: start + at * day }));
const word = fc.record({
  verdict: fc.constantFrom("probable", "probable", "unlinked", "same", "different", "withdrawn"),
  one: key,
  other: key,
  at: fc.nat(5),
  confidence: fc.constantFrom(0.95, 0.99),
});
const records: fc.Arbitrary<LogRecord[]> = fc
  .array(fc.oneof({ weight: 3, arbitrary: event }, { weight: 2, arbitrary: word }), { minLength: 1, maxLength: 25 })
  .map((list) =>
    list.flatMap((each, index): LogRecord[] => {
      if (!("verdict" in each)) return [{ ...each, messageId: `m${index}` }];
      const { verdict, one, other, confidence } = each;
      if (one === other) return [];
      const receivedAt = start + each.at;
      if (verdict === "probable" || verdict === "unlinked") {
        return [linked(verdict, one, other, { id: `l${index}`, receivedAt, confidence })];
      }
      return [corrected(verdict, one, other, { id: `c${index}`, receivedAt })];
    }),
  );
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });

describe("what a linkage says, in the log", () => {
  it("Promise 5: order does not matter: any order, batching and duplication gives byte-identical people", async () => {
    const shuffledRecords = records.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list), sizes),
    );
    await fc.assert(
      fc.asyncProperty(shuffledRecords, ([list, shuffled, again, batches]) =>
        withTwo(async (whole, parts) => {
          await whole.deliver(list);
          await parts.deliver([...shuffled, ...again], batches);
          expect(await bytesOf(parts)).toBe(await bytesOf(whole));
        }),
      ),
      { numRuns: runs(30) },
    );
  });

  it("Promise 4: a rebuild gives the same state", async () => {
    await fc.assert(
      fc.asyncProperty(records, sizes, (list, batches) =>
        withTwo(async (live, rebuilt) => {
          await live.deliver(list, batches);
          await rebuilt.deliver(list);
          expect(await live.differences(rebuilt)).toEqual([]);
        }),
      ),
      { numRuns: runs(20) },
    );
  });

  it("Promise 6: unmerge is exact: links that are taken back leave nothing, whatever came in between", async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        records,
        fc.uniqueArray(fc.tuple(key, key), { maxLength: 3 }),
        sizes,
        (before, after, pairs, batches) =>
          withTwo(async (joined, never) => {
            const isNoLink = ({ status }: LogRecord): boolean => status !== "link";
            const early = before.filter(isNoLink);
            const late = after.filter(isNoLink).map((each) => ({ ...each, messageId: `later ${each.messageId}` }));
            const distinct = pairs.filter(([one, other]) => one !== other);
            const said = (verdict: "probable" | "unlinked", at: number): LogRecord[] =>
              distinct.map(([one, other], n) =>
                linked(verdict, one, other, { id: `${verdict}${n}`, receivedAt: start + at }),
              );
            await joined.deliver([...early, ...said("probable", 20), ...late, ...said("unlinked", 21)], batches);
            await never.deliver([...early, ...late], batches);
            expect(await bytesOf(joined)).toBe(await bytesOf(never));
          }),
      ),
      { numRuns: runs(20) },
    );
  });

  const two = [
    accepted({ messageId: "1", identifiers: ["crm_id:7"] }),
    accepted({ messageId: "2", identifiers: ["crm_id:8"] }),
  ];

  it("joins two people, told as probable, with run, model and probability", async () => {
    const one = await folding();
    const outcome = await one.deliver([...two, linked("probable", "crm_id:7", "crm_id:8", { id: "l1" })], [2, 1]);
    expect(outcome).toMatchObject({ processed: 3, joined: 1, joins: [{ rule: "probable", messageId: "l1" }] });
    expect(await one.profiles()).toHaveLength(1);
    const why = await one.identity.why("crm_id:7", "crm_id:8");
    expect(why.path).toMatchObject([
      { rule: "probable", confidence: 0.99, firstMessageId: "l1", said: { by: "lr_1", reason: "model 1" } },
    ]);
    expect(why.explanation).toContain("with probability 0.990");
  });

  it("is nobody's event, and counts once", async () => {
    const one = await folding();
    const link = linked("probable", "crm_id:7", "crm_id:8", { id: "l1" });
    expect(await one.deliver([...two, link, link])).toMatchObject({ processed: 3, duplicates: 1, rejected: 0 });
    expect((await one.profiles()).map(({ computed, sources }) => [computed.eventCount, sources])).toEqual([
      [2, ["web"]],
    ]);
  });

  it("gives way to a person who says that they are two, before and after", async () => {
    const one = await folding();
    const link = linked("probable", "crm_id:7", "crm_id:8", { id: "l1" });
    const apart = corrected("different", "crm_id:7", "crm_id:8", { id: "c1" });
    await one.deliver([...two, link, apart], [1]);
    expect(await one.profiles()).toHaveLength(2);
    const why = await one.identity.why("crm_id:7", "crm_id:8");
    expect(why.refused).toMatchObject([{ rule: "different" }, { rule: "probable", reason: { code: "apart" } }]);
    expect(
      await one.corrections.list({ before: null, limit: 9, profileId: null, verdict: null, by: null }),
    ).toMatchObject({ items: [{ id: "c1" }], next: null });
  });

  it("unmerging two whom a linkage joined keeps them apart", async () => {
    const one = await folding();
    await one.deliver([...two, linked("probable", "crm_id:7", "crm_id:8", { id: "l1" })]);
    const pair = { a: "crm_id:7", b: "crm_id:8" };
    const made = await one.corrections.correct({ unmerge: pair }, { by: "t1", reason: "brothers" });
    expect(made.corrections.map(({ verdict }) => verdict)).toEqual(["different"]);
    expect(await one.profiles()).toHaveLength(2);
  });
});

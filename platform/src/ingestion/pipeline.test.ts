import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, foldingHarness, foldings } from "../../test/pipelineHarness.ts";
import { runs } from "../../test/runs.ts";
import { bytes, events, evidence, oracle, partition } from "./smallWorld.fake.ts";

const folding = foldings();

describe("Promise 5: order does not matter (Identity properties 1, 2, 5)", () => {
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

  it("Identity property 3: incremental people equal one resolution of all evidence", async () => {
    await fc.assert(
      fc.asyncProperty(events, async (list) => {
        const one = await foldingHarness();
        try {
          await one.deliver(list, [1]);
          expect(await partition(one)).toEqual(oracle(list));
        } finally {
          await one.close();
        }
      }),
      { numRuns: runs(60) },
    );
  });
});

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

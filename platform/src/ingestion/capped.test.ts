import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openStateReader } from "../adapters/embedded/state/schema.ts";
import { defaultIdentityRules, type IdentityRules } from "../identity/index.ts";
import { verdicts } from "../model/correction.ts";
import type { LogRecord } from "../model/event.ts";
import { accepted, corrected, foldingHarness, type Folding } from "../../test/pipelineHarness.ts";
import { bytes, events, evidence, oracle, partition } from "./smallWorld.fake.ts";
import { lines, wholeResolution } from "./wholeFold.fake.ts";
import { runs } from "../../test/runs.ts";

/** So small a cap that nearly everything meets it, and that a hub's neighbours reach further when it turns. */
const capped = (most: number): IdentityRules => ({ ...defaultIdentityRules, maxEvidenceIdentifiers: most });

const key = fc.oneof(
  fc.nat(3).map((n) => `user_id:u${n}`),
  fc.nat(7).map((n) => `email:e${n}@example.com`),
  fc.nat(5).map((n) => `anonymous_id:a${n}`),
);
const corrections = fc
  .array(fc.record({ verdict: fc.constantFrom(...verdicts), a: key, b: key, at: fc.nat(4) }), { maxLength: 5 })
  .map((list) =>
    list
      .filter(({ a, b }) => a !== b)
      .map(({ verdict, a, b, at }, index) => corrected(verdict, a, b, { id: `c${index}`, receivedAt: at })),
  );
const delivered = fc
  .tuple(events, corrections)
  .map(([list, said]): LogRecord[] => [...list, ...said])
  .chain((records) =>
    fc.tuple(
      fc.constant(records),
      fc.shuffledSubarray(records, { minLength: records.length }),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 2, max: 7 }),
    ),
  );

/** The components that are stored, of identifiers that join people. */
function storedComponents(one: Folding): string[] {
  const reader = openStateReader(one.file);
  try {
    const rows = reader
      .prepare("SELECT key, component FROM identifiers JOIN persons USING (person) WHERE decision = 'ordinary'")
      .all();
    const parts = Map.groupBy(rows, (row) => row["component"]);
    return lines([...parts.values()].map((part) => part.map((row) => String(row["key"]))));
  } finally {
    reader.close();
  }
}

async function withFoldings(
  rules: IdentityRules,
  check: (one: Folding, other: Folding) => Promise<void>,
): Promise<void> {
  const [one, other] = [await foldingHarness(rules), await foldingHarness(rules)];
  try {
    await check(one, other);
  } finally {
    await one.close();
    await other.close();
  }
}

describe("Identity properties 1, 3, 19: at the cap", () => {
  it("any order and batching gives the people, components and profiles of one resolution of everything", async () => {
    await fc.assert(
      fc.asyncProperty(delivered, ([records, order, batches, most]) =>
        withFoldings(capped(most), async (one, other) => {
          await one.deliver(records);
          await other.deliver(order, batches);
          const whole = wholeResolution(records, capped(most));
          for (const folding of [one, other]) {
            expect(await partition(folding)).toEqual(lines(whole.persons));
            expect(storedComponents(folding)).toEqual(lines(whole.components));
          }
          expect(await bytes(other)).toBe(await bytes(one));
          expect(JSON.parse(await evidence(other))).toEqual(JSON.parse(await evidence(one)));
          // A correction keeps the position of its record.
          const differences = (await one.differences(other)).filter((line) => !line.startsWith("correction "));
          expect(differences).toEqual([]);
        }),
      ),
      { numRuns: runs(60) },
    );
  });

  it("after every event, one by one", async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 2, max: 5 }), (list, most) =>
        withFoldings(capped(most), async (one) => {
          for (const [index, event] of list.entries()) {
            await one.deliver([event]);
            expect(await partition(one)).toEqual(oracle(list.slice(0, index + 1), capped(most)));
          }
        }),
      ),
      { numRuns: runs(15) },
    );
  });

  it("every event still resolves, and each refusal says why", async () => {
    await withFoldings(capped(10), async (one) => {
      const list = Array.from({ length: 60 }, (_, n) =>
        accepted({ messageId: `m${n}`, identifiers: ["user_id:u", `anonymous_id:a${n}`], occurredAt: n }),
      );
      expect(await one.deliver(list, [7])).toMatchObject({ processed: 60, rejected: 0 });
      const profiles = await one.profiles();
      expect(profiles.reduce((sum, { computed }) => sum + computed.eventCount, 0)).toBe(60);
      const why = await one.identity.why("user_id:u", "anonymous_id:a59");
      expect(why.samePerson).toBe(false);
      expect(why.refused.map(({ reason }) => reason?.code)).toEqual(["cap"]);
      expect(why.refused[0]?.reason?.message).toContain("rule: maxEvidenceIdentifiers");
    });
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareEdges, edgesOfFragments, mergeEdges } from "./evidence.ts";
import type { FragmentEvidence } from "./evidence.ts";
import { edge, identifierKeys, shuffled } from "./evidence.fake.ts";
import { runs } from "../../test/runs.ts";

const spans = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  firstAt: fc.nat(5),
  firstMessageId: fc.constantFrom("m1", "m2", "m3"),
  lastAt: fc.integer({ min: 5, max: 9 }),
});
const fragments: fc.Arbitrary<FragmentEvidence[]> = fc.array(
  fc.record({
    identifiers: fc.uniqueArray(identifierKeys, { maxLength: 5 }),
    spans: fc.dictionary(fc.constantFrom("web", "crm", "__proto__", "constructor"), spans),
  }),
  { maxLength: 8 },
);

describe("Identity properties 1, 2: edgesOfFragments", () => {
  it("gives every pair once for each source, with what a slow count gives", () => {
    fc.assert(
      fc.property(fragments, (given) => {
        const edges = edgesOfFragments(given);
        expect(edges).toEqual(edges.toSorted(compareEdges));
        const ids = new Set<string>();
        for (const found of edges) {
          expect(found.a < found.b).toBe(true);
          ids.add([found.a, found.b, found.source].join("|"));
          const held = given
            .filter(({ identifiers }) => identifiers.includes(found.a) && identifiers.includes(found.b))
            .flatMap(({ spans }) => (Object.hasOwn(spans, found.source) ? [spans[found.source]] : []))
            .filter((span) => span !== undefined);
          const [first] = held.toSorted(
            (x, y) => x.firstAt - y.firstAt || (x.firstMessageId < y.firstMessageId ? -1 : 1),
          );
          expect(found).toEqual({
            a: found.a,
            b: found.b,
            rule: "seen_together",
            source: found.source,
            confidence: 1,
            firstAt: first?.firstAt,
            firstMessageId: first?.firstMessageId,
            lastAt: Math.max(...held.map(({ lastAt }) => lastAt)),
            count: held.reduce((total, { count }) => total + count, 0),
          });
        }
        expect(ids.size).toBe(edges.length);
        for (const { identifiers, spans } of given) {
          for (const a of identifiers) {
            for (const b of identifiers.filter((key) => key > a)) {
              for (const source of Object.keys(spans)) expect(ids).toContain([a, b, source].join("|"));
            }
          }
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it("does not depend on the order of fragments or identifiers, and leaves them as they are", () => {
    fc.assert(
      fc.property(fragments, fc.nat(), (given, seed) => {
        const before = structuredClone(given);
        const turned = given.map((f) => ({ ...f, identifiers: shuffled(f.identifiers, seed) }));
        expect(edgesOfFragments(shuffled(turned, seed))).toEqual(edgesOfFragments(given));
        expect(given).toEqual(before);
      }),
    );
  });

  it("finds nothing in guests and lone identifiers", () => {
    const span = { count: 1, firstAt: 1, firstMessageId: "m", lastAt: 1 };
    expect(edgesOfFragments([{ identifiers: [], spans: { web: span } }])).toEqual([]);
    expect(edgesOfFragments([{ identifiers: ["email:a@x.co"], spans: { web: span } }])).toEqual([]);
  });
});

describe("Identity properties 1, 2: mergeEdges", () => {
  const some = fc
    .record({ firstAt: fc.nat(3), firstMessageId: fc.constantFrom("m1", "m2"), lastAt: fc.nat(9), count: fc.nat(9) })
    .map((more) => edge("user_id:1", "user_id:2", { ...more, rule: "alias" }));

  it("is commutative and associative", () => {
    fc.assert(
      fc.property(some, some, some, (x, y, z) => {
        expect(mergeEdges(x, y)).toEqual(mergeEdges(y, x));
        expect(mergeEdges(mergeEdges(x, y), z)).toEqual(mergeEdges(x, mergeEdges(y, z)));
      }),
    );
  });
});

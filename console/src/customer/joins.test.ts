import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { edgeOf } from "./evidence.fake.ts";
import { disjointGroups, type Edge, joinsOf } from "./joins.ts";

/** Events that each show some identifiers, and the evidence as the platform keeps it: each pair by its first event. */
const histories = fc
  .array(fc.uniqueArray(fc.nat(8), { minLength: 1, maxLength: 4 }), { maxLength: 20 })
  .map((events) => {
    const edges = new Map<string, Edge>();
    for (const [index, ids] of events.entries()) {
      const keys = ids.map((id) => `email:${id}`).sort();
      for (const [at, from] of keys.entries()) {
        for (const to of keys.slice(at + 1)) {
          const occurredAt = new Date(index * 60_000).toISOString();
          const edge = edgeOf(from, to, { messageId: `m${index}`, occurredAt });
          if (!edges.has(`${from} ${to}`)) edges.set(`${from} ${to}`, edge);
        }
      }
    }
    return [...edges.values()];
  });

describe("joins", () => {
  it("bring together exactly whom the evidence brings together, newest first, and none that changes nothing", () => {
    fc.assert(
      fc.property(
        histories.chain((edges) => fc.shuffledSubarray(edges, { minLength: edges.length })),
        (edges) => {
          const wanted = disjointGroups();
          for (const { from, to } of edges) wanted.unite(from, to);
          const told = disjointGroups();
          const joins = joinsOf(edges);
          for (const { identifiers } of joins.toReversed()) {
            expect(new Set(identifiers.map(told.rootOf)).size).toBeGreaterThan(1);
            for (const key of identifiers) told.unite(identifiers[0] ?? key, key);
          }
          const keys = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
          for (const a of keys) {
            for (const b of keys) expect(told.rootOf(a) === told.rootOf(b)).toBe(wanted.rootOf(a) === wanted.rootOf(b));
          }
          const times = joins.map(({ at }) => at);
          expect(times).toEqual(times.toSorted((a, b) => b - a));
        },
      ),
    );
  });

  it("leave refused evidence out", () => {
    expect(joinsOf([edgeOf("a:1", "b:1", { status: "refused" })])).toEqual([]);
  });

  it("leave to the corrections what a person said, and count it as known", () => {
    const said = edgeOf("a:1", "b:1", { source: "_corrections", rule: "same", occurredAt: "2026-01-01T10:00:00.000Z" });
    expect(joinsOf([said, edgeOf("a:1", "b:1")])).toEqual([]);
  });

  it("tell one event that showed three identifiers once", () => {
    const of = [edgeOf("a:1", "b:1"), edgeOf("b:1", "c:1"), edgeOf("a:1", "c:1")];
    expect(joinsOf(of)).toEqual([
      {
        at: Date.parse("2026-03-01T10:00:00.000Z"),
        source: "web",
        messageId: "m1",
        rule: "seen_together",
        identifiers: ["a:1", "b:1", "c:1"],
      },
    ]);
  });
});

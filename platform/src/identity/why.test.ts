import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Edge, NodeDecision, Resolution } from "../model/evidence.ts";
import { edge, evidenceInputs, shuffled, tightRules } from "./evidence.fake.ts";
import { personIndexes } from "./membership.ts";
import { resolve } from "./resolve.ts";
import { defaultIdentityRules as rules } from "./retailRules.ts";
import { why } from "./why.ts";

function ask(a: string, b: string, edges: Edge[], decisions: Record<string, NodeDecision> = {}) {
  const keys = [...new Set(edges.flatMap((e) => [e.a, e.b]))];
  const known = new Map(keys.map((key) => [key, decisions[key] ?? ("ordinary" as const)]));
  const identifiers = [...known].map(([key, decision]) => ({ key, decision, seen: true }));
  return why(a, b, resolve({ identifiers, edges }, rules), known, rules);
}

const day = Date.UTC(2026, 2, 4);

describe("why two identifiers are one person", () => {
  const edges = [
    edge("email:a@x.co", "user_id:1", { firstAt: day, count: 3, source: "shop" }),
    edge("email:a@x.co", "phone:+4420", { firstAt: day + 1 }),
    edge("phone:+4420", "user_id:1", { firstAt: day + 2, source: "crm" }),
    edge("loyalty_card:7", "phone:+4420"),
    edge("user_id:1", "anonymous_id:a", { rule: "alias", firstAt: day }),
  ];

  it("shows the shortest path, in order from a to b", () => {
    const { samePerson, path, refused, explanation } = ask("anonymous_id:a", "loyalty_card:7", edges);
    expect(samePerson).toBe(true);
    expect(refused).toEqual([]);
    expect(path.map(({ a, b }) => [a, b])).toEqual([
      ["user_id:1", "anonymous_id:a"],
      ["phone:+4420", "user_id:1"],
      ["loyalty_card:7", "phone:+4420"],
    ]);
    expect(explanation).toBe(
      "anonymous_id:a and loyalty_card:7 are one person: 3 pieces of evidence in a row join them. " +
        "Source web said that anonymous_id:a became user_id:1 (once, first on 2026-03-04); " +
        "source crm saw phone:+4420 together with user_id:1 (once, first on 2026-03-04); " +
        "source web saw loyalty_card:7 together with phone:+4420 (once, first on 1970-01-01).",
    );
    const back = ask("loyalty_card:7", "anonymous_id:a", edges).path;
    expect(back).toEqual(path.toReversed());
  });

  it("shows the earliest of parallel edges", () => {
    const twice = [
      edge("email:a@x.co", "user_id:1", { source: "a", firstAt: 9 }),
      edge("email:a@x.co", "user_id:1", { source: "b", firstAt: 2 }),
    ];
    expect(ask("email:a@x.co", "user_id:1", twice).path.map(({ source }) => source)).toEqual(["b"]);
  });

  it("shows the same of two aliases that say each the other's way at once, however they are read", () => {
    const known = new Map<string, NodeDecision>([
      ["user_id:1", "blocked"],
      ["user_id:2", "ordinary"],
    ]);
    const identifiers = [...known].map(([key, decision]) => ({ key, decision, seen: true }));
    const way = { rule: "alias", firstAt: 6 } as const;
    const edges = [edge("user_id:1", "user_id:2", way), edge("user_id:2", "user_id:1", way)];
    const resolution = resolve({ identifiers, edges }, rules);
    const turned = { ...resolution, edges: resolution.edges.toReversed() };
    const [told, again] = [resolution, turned].map((each) => why("user_id:1", "user_id:2", each, known, rules));
    expect(told?.refused).toHaveLength(1);
    expect(told).toEqual(again);
  });

  it("has nothing to show for an identifier and itself", () => {
    expect(ask("user_id:1", "user_id:1", edges)).toEqual({
      samePerson: true,
      path: [],
      refused: [],
      explanation: "Both are user_id:1, one identifier.",
    });
  });
});

describe("why two identifiers are apart", () => {
  it("shows the refused edge on the way, and its rule", () => {
    const answer = ask("loyalty_card:7", "user_id:2", [
      edge("email:a@x.co", "user_id:1", { firstAt: 1 }),
      edge("email:a@x.co", "loyalty_card:7"),
      edge("email:a@x.co", "user_id:2", { firstAt: 2 }),
    ]);
    expect(answer).toMatchObject({ samePerson: false, path: [] });
    expect(answer.refused.map(({ b, reason }) => [b, reason?.code])).toEqual([["user_id:2", "limit"]]);
    expect(answer.explanation).toBe(
      "loyalty_card:7 and user_id:2 are not one person. Evidence between email:a@x.co and user_id:2 was refused: " +
        "A person has one user_id, and surer or earlier evidence already gave each side its own (rule: user_id is unique).",
    );
  });

  it("goes through a hub, and says that it is one", () => {
    const edges = [1, 2, 3].map((n) => edge("email:info@x.co", `user_id:${n}`));
    const answer = ask("user_id:1", "user_id:3", edges, { "email:info@x.co": "hub" });
    expect(answer.refused.map(({ b, reason }) => [b, reason?.code])).toEqual([
      ["user_id:1", "hub"],
      ["user_id:3", "hub"],
    ]);
    expect(answer.explanation).toContain("rule: hubs");
    expect(ask("email:info@x.co", "user_id:1", edges, { "email:info@x.co": "hub" }).explanation).toContain(
      "email:info@x.co joins nobody: This email was seen with 3 or more logins",
    );
  });

  it("takes the way that needs fewest refused edges, though it is longer", () => {
    const edges = [
      edge("user_id:1", "session:kiosk"),
      edge("user_id:2", "session:kiosk"),
      edge("email:a@x.co", "user_id:1", { firstAt: 1 }),
      edge("email:a@x.co", "phone:+4420", { firstAt: 1 }),
      edge("phone:+4420", "user_id:2", { firstAt: 2 }),
    ];
    const answer = ask("user_id:1", "user_id:2", edges, { "session:kiosk": "hub" });
    expect(answer.refused.map(({ a, b }) => [a, b])).toEqual([["email:a@x.co", "phone:+4420"]]);
  });

  it("says when nothing connects them, and when nobody has carried one", () => {
    const edges = [edge("email:a@x.co", "user_id:1"), edge("email:b@x.co", "user_id:2")];
    expect(ask("user_id:1", "user_id:2", edges).explanation).toBe(
      "user_id:1 and user_id:2 are not one person. No evidence connects them.",
    );
    expect(ask("user_id:1", "user_id:9", edges)).toEqual({
      samePerson: false,
      path: [],
      refused: [],
      explanation: "user_id:1 and user_id:9 are not one person. No event has carried user_id:9.",
    });
    expect(ask("user_id:9", "user_id:9", edges).samePerson).toBe(false);
  });
});

describe("why, whatever the evidence", () => {
  /** Hops of the shortest way through active edges, by trying every length. */
  function hops({ edges }: Resolution, a: string, b: string): number {
    let reached = new Set([a]);
    for (let length = 0; length <= edges.length; length += 1) {
      if (reached.has(b)) return length;
      const active = edges.filter(({ status }) => status === "active");
      reached = new Set([
        ...reached,
        ...active.flatMap((e) => (reached.has(e.a) || reached.has(e.b) ? [e.a, e.b] : [])),
      ]);
    }
    return -1;
  }

  it("a path is shortest, active and unbroken, and what keeps two apart is refused", () => {
    fc.assert(
      fc.property(evidenceInputs, fc.nat(), (input, seed) => {
        const resolution = resolve(input, tightRules);
        const people = personIndexes(resolution);
        const decisions = new Map(
          input.identifiers.filter(({ seen }) => seen).map(({ key, decision }) => [key, decision]),
        );
        const [a, b] = shuffled([...decisions.keys()], seed);
        if (a === undefined || b === undefined) return;
        const answer = why(a, b, resolution, decisions, tightRules);
        expect(answer.samePerson).toBe(people.has(a) && people.get(a) === people.get(b));
        expect(answer.explanation).toContain(answer.samePerson ? "are one person" : "are not one person");
        let at = a;
        for (const step of answer.path) {
          expect(step.status).toBe("active");
          expect([step.a, step.b]).toContain(at);
          at = step.a === at ? step.b : step.a;
        }
        expect(at).toBe(answer.samePerson ? b : a);
        if (answer.samePerson) expect(answer.path).toHaveLength(hops(resolution, a, b));
        for (const { status } of answer.refused) expect(status).toBe("refused");
        const permuted = { ...resolution, edges: shuffled(resolution.edges, seed) };
        expect(why(a, b, permuted, decisions, tightRules)).toEqual(answer);
      }),
      { numRuns: 500 },
    );
  });
});

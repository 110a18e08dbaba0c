import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Edge, Resolution } from "../model/evidence.ts";
import { edge, evidenceInputs, fateOf, inputOf, shuffled, tightRules } from "./evidence.fake.ts";
import { rankedEdges } from "./edgeOrder.ts";
import { oracle } from "./oracle.fake.ts";
import { personIndexes } from "./membership.ts";
import { resolve } from "./resolve.ts";
import { defaultIdentityRules } from "./retailRules.ts";
import { rulesOfType, typeOfKey } from "./rules.ts";
import { runs } from "../../test/runs.ts";
import { processorTime } from "../../test/processorTime.ts";

function sortedPersons({ persons }: Resolution): string[] {
  return persons.map((set) => JSON.stringify(set)).toSorted();
}

describe("Identity properties 4, 7, 10, 19: resolve against a slow, obvious oracle", () => {
  it("joins the same people and refuses the same edges for the same reasons", () => {
    fc.assert(
      fc.property(evidenceInputs, (input) => {
        const resolution = resolve(input, tightRules);
        const { codes, persons } = oracle(input, tightRules);
        expect(sortedPersons(resolution)).toEqual(persons);
        const people = personIndexes(resolution);
        for (const { status, reason, ...edge } of resolution.edges) {
          const given = input.edges.find(
            (e) => e.a === edge.a && e.b === edge.b && e.rule === edge.rule && e.source === edge.source,
          );
          expect(edge).toEqual(given);
          const isOnePerson = people.has(edge.a) && people.get(edge.a) === people.get(edge.b);
          expect(reason?.code ?? null).toBe(isOnePerson ? null : codes.get(given as Edge));
          expect(status).toBe(reason === null ? "active" : "refused");
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  it("is sorted as the contract says", () => {
    fc.assert(
      fc.property(evidenceInputs, (input) => {
        const { persons, edges } = resolve(input, tightRules);
        for (const person of persons) expect(person).toEqual(person.toSorted());
        const firsts = persons.map(([first]) => first ?? "");
        expect(firsts).toEqual(firsts.toSorted());
        const ids = edges.map(({ a, b, rule, source }) => [a, b, rule, source].join("\u0000"));
        expect(ids).toEqual(ids.toSorted());
        expect(edges).toHaveLength(input.edges.length);
      }),
    );
  });
});

describe("Identity property 1: the order of evidence changes nothing", () => {
  it("permuting identifiers and edges gives the same resolution", () => {
    fc.assert(
      fc.property(evidenceInputs, fc.nat(), (input, seed) => {
        const permuted = { identifiers: shuffled(input.identifiers, seed), edges: shuffled(input.edges, seed + 1) };
        expect(resolve(permuted, tightRules)).toEqual(resolve(input, tightRules));
      }),
      { numRuns: runs(500) },
    );
  });

  it("does not touch its input", () => {
    fc.assert(
      fc.property(evidenceInputs, (input) => {
        const before = structuredClone(input);
        resolve(input, tightRules);
        expect(input).toEqual(before);
      }),
    );
  });
});

describe("Identity property 4: no person ever exceeds a limit", () => {
  it("not in the end, and not after any edge on the way", () => {
    fc.assert(
      fc.property(evidenceInputs, (input) => {
        const ordered = rankedEdges(input.edges, tightRules);
        for (let taken = 0; taken <= ordered.length; taken += 1) {
          const partial = { ...input, edges: ordered.slice(0, taken) };
          const { previous } = oracle(partial, tightRules);
          for (const person of resolve(partial, tightRules).persons) {
            const living = person.filter((key) => !previous.has(key)).map(typeOfKey);
            for (const type of living) {
              const count = living.filter((other) => other === type).length;
              expect(count).toBeLessThanOrEqual(rulesOfType(type, tightRules).limit);
            }
          }
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it("holds for a type named as something that every object inherits", () => {
    const edges = Array.from({ length: 30 }, (_, n) => edge(`constructor:c${n}`, "email:a@b.co"));
    const { persons } = resolve(inputOf(edges), defaultIdentityRules);
    expect(Math.max(...persons.map((person) => person.length))).toBe(21);
  });
});

describe("Identity property 7: a broken limit drops only less sure edges, each with a reason", () => {
  it("edges that come later never change the fate of surer ones", () => {
    fc.assert(
      fc.property(evidenceInputs, fc.nat(40), (input, cut) => {
        const ordered = rankedEdges(input.edges, tightRules);
        const partial = resolve({ ...input, edges: ordered.slice(0, cut) }, tightRules);
        const whole = resolve(input, tightRules);
        const people = personIndexes(whole);
        for (const before of partial.edges) {
          const after = whole.edges.find(
            (e) => e.a === before.a && e.b === before.b && e.rule === before.rule && e.source === before.source,
          );
          const isOnePerson = people.has(before.a) && people.get(before.a) === people.get(before.b);
          // A refused alias whose ends a chain of aliases joins later is the one exception, and an upward one.
          if (before.status === "active" || !isOnePerson) expect(after).toEqual(before);
          else expect(after?.status).toBe("active");
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it("every refused edge says why, naming a rule, and joins two persons; every active one lies within one", () => {
    fc.assert(
      fc.property(evidenceInputs, (input) => {
        const resolution = resolve(input, tightRules);
        const people = personIndexes(resolution);
        for (const { a, b, status, reason } of resolution.edges) {
          const isOnePerson = people.has(a) && people.get(a) === people.get(b);
          expect(isOnePerson).toBe(status === "active");
          if (status === "refused") expect(reason?.message).toMatch(/rule: |takes part once/);
          expect(reason?.message ?? "").not.toMatch(/:v\d/);
        }
      }),
    );
  });

  it("keeps the login and drops the less sure link", () => {
    const resolution = resolve(
      inputOf([
        edge("email:a@x.co", "user_id:1", { firstAt: 9 }),
        edge("email:b@x.co", "user_id:2", { firstAt: 9 }),
        edge("anonymous_id:d", "email:a@x.co", { firstAt: 1 }),
        edge("anonymous_id:d", "email:b@x.co", { firstAt: 2 }),
      ]),
      defaultIdentityRules,
    );
    expect(resolution.persons).toEqual([
      ["anonymous_id:d", "email:a@x.co", "user_id:1"],
      ["email:b@x.co", "user_id:2"],
    ]);
    expect(resolution.edges.find(({ b }) => b === "email:b@x.co")?.reason).toEqual({
      code: "limit",
      message:
        "A person has one user_id, and surer or earlier evidence already gave each side its own (rule: user_id is unique).",
    });
  });

  it("parallel edges of several sources and rules share a fate", () => {
    fc.assert(
      fc.property(evidenceInputs, (input) => {
        const fates = new Map<string, string>();
        for (const { a, b, reason } of resolve(input, tightRules).edges) {
          const pair = [a, b].toSorted().join("|");
          const fate = reason?.code ?? "active";
          expect(fates.get(pair) ?? fate).toBe(fate);
          fates.set(pair, fate);
        }
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("Identity property 10: what several people may use does not bridge", () => {
  const household = [
    edge("email:a@x.co", "user_id:1", { firstAt: 1 }),
    edge("crm_id:2", "email:b@x.co", { firstAt: 2 }),
    edge("anonymous_id:pc", "user_id:1", { firstAt: 3 }),
    edge("anonymous_id:pc", "email:b@x.co", { firstAt: 4 }),
  ];

  it("one who signs in and one who checks out by e-mail on one computer are two people, and the reason says so", () => {
    const resolution = resolve(inputOf(household), defaultIdentityRules);
    expect(resolution.persons).toEqual([
      ["anonymous_id:pc", "email:a@x.co", "user_id:1"],
      ["crm_id:2", "email:b@x.co"],
    ]);
    expect(resolution.edges.find(({ a, b }) => a === "anonymous_id:pc" && b === "email:b@x.co")?.reason).toEqual({
      code: "bridge",
      message:
        "By anonymous_id alone, two who each have their own email do not become one person: several people may use it " +
        "(rule: anonymous_id does not bridge).",
    });
  });

  it("something of which a person has none is added", () => {
    const edges = [
      edge("anonymous_id:pc", "user_id:1"),
      edge("anonymous_id:pc", "email:b@x.co"),
      edge("crm_id:2", "email:b@x.co"),
    ];
    expect(resolve(inputOf(edges), defaultIdentityRules).persons).toHaveLength(1);
  });

  it("an address that two share who have one each does not bridge either; a customer's new card is known by theirs", () => {
    const own = [edge("crm_id:1", "email:a@x.co", { firstAt: 1 }), edge("crm_id:2", "email:b@x.co", { firstAt: 2 })];
    const shared = ["crm_id:1", "crm_id:2"].map((key) => edge(key, "email:till@x.co", { firstAt: 3 }));
    const resolution = resolve(inputOf([...own, ...shared]), defaultIdentityRules);
    expect(resolution.persons).toEqual([
      ["crm_id:1", "email:a@x.co", "email:till@x.co"],
      ["crm_id:2", "email:b@x.co"],
    ]);
    expect(fateOf(resolution, "crm_id:2", "email:till@x.co")).toEqual(["bridge"]);
    const renewed = [
      ...own.slice(0, 1),
      edge("email:a@x.co", "loyalty_card:1"),
      edge("email:a@x.co", "loyalty_card:2"),
    ];
    expect(resolve(inputOf(renewed), defaultIdentityRules).persons).toHaveLength(1);
  });

  it("unless its type is said to bridge", () => {
    const { types } = defaultIdentityRules;
    const anonymous = { ...defaultIdentityRules.otherTypes, bridges: true };
    const rules = { ...defaultIdentityRules, types: { ...types, anonymous_id: anonymous } };
    expect(resolve(inputOf(household), rules).persons).toHaveLength(1);
  });
});

describe("Identity property 13: removing evidence", () => {
  const bridge = edge("email:a@x.co", "phone:+4420", { firstAt: 5 });
  const sides = [edge("email:a@x.co", "user_id:1"), edge("loyalty_card:7", "phone:+4420")];

  it("cutting a bridge splits its person in two", () => {
    expect(resolve(inputOf([...sides, bridge]), defaultIdentityRules).persons).toHaveLength(1);
    expect(resolve(inputOf(sides), defaultIdentityRules).persons).toEqual([
      ["email:a@x.co", "user_id:1"],
      ["loyalty_card:7", "phone:+4420"],
    ]);
  });

  it("cutting an accepted edge can let a refused one in", () => {
    const first = edge("email:a@x.co", "user_id:1", { firstAt: 1 });
    const second = edge("email:a@x.co", "user_id:2", { firstAt: 2 });
    const both = resolve(inputOf([first, second]), defaultIdentityRules);
    expect(fateOf(both, "email:a@x.co", "user_id:1")).toEqual(["active"]);
    expect(fateOf(both, "email:a@x.co", "user_id:2")).toEqual(["limit"]);
    const cut = resolve({ ...inputOf([first, second]), edges: [second] }, defaultIdentityRules);
    expect(fateOf(cut, "email:a@x.co", "user_id:2")).toEqual(["active"]);
    expect(cut.persons).toEqual([["email:a@x.co", "user_id:2"], ["user_id:1"]]);
  });
});

describe("Identity property 19: past every cap events still resolve", () => {
  it("a component stops at maxEvidenceIdentifiers and the rest stand on their own, with the reason", () => {
    const rules = { ...defaultIdentityRules, maxEvidenceIdentifiers: 10 };
    const edges = Array.from({ length: 40 }, (_, n) => edge(`anonymous_id:${100 + n}`, "user_id:1", { firstAt: n }));
    const { persons, edges: fates } = resolve(inputOf(edges), rules);
    expect(persons).toHaveLength(32);
    expect(Math.max(...persons.map(({ length }) => length))).toBe(10);
    const refused = fates.filter(({ status }) => status === "refused");
    expect(refused.map(({ a }) => a)).toEqual(Array.from({ length: 31 }, (_, n) => `anonymous_id:${109 + n}`));
    expect(new Set(refused.map(({ reason }) => reason?.code))).toEqual(new Set(["cap"]));
    expect(refused[0]?.reason?.message).toContain("rule: maxEvidenceIdentifiers");
  });

  it("limit-refused evidence counts towards the cap", () => {
    const rules = { ...defaultIdentityRules, maxEvidenceIdentifiers: 4 };
    const edges = [1, 2, 3, 4].map((n) => edge("email:a@x.co", `user_id:${n}`, { firstAt: n }));
    const fates = resolve(inputOf(edges), rules).edges.map(({ reason }) => reason?.code ?? "active");
    expect(fates).toEqual(["active", "limit", "limit", "cap"]);
  });

  it("a hundred thousand edges take seconds at most", () => {
    const kinds = ["email", "phone", "anonymous_id", "user_id", "loyalty_card"];
    const keys = Array.from({ length: 60_000 }, (_, n) => `${kinds[n % 5]}:${n}`);
    const edges = Array.from({ length: 100_000 }, (_, n) => {
      const [a = "", b = ""] = [keys[n % 60_000] ?? "", keys[(n * 7919 + 13) % 60_000] ?? ""].toSorted();
      return edge(a, b, { firstAt: (n * 31) % 9999, source: `s${n % 2}` });
    });
    const star = Array.from({ length: 5_000 }, (_, n) => edge("email:star@x.co", `session:${n}`));
    const workedMs = processorTime();
    const resolution = resolve(inputOf([...edges, ...star]), defaultIdentityRules);
    expect(workedMs()).toBeLessThan(15_000);
    expect(resolution.edges).toHaveLength(105_000);
    expect(new Set(resolution.edges.map(({ reason }) => reason?.code))).toEqual(
      new Set([undefined, "bridge", "limit", "cap"]),
    );
  });
});

describe("identifiers that join nobody", () => {
  it("hub and shared ones stand alone, blocked ones are no person, and their edges say so", () => {
    const edges = [
      edge("email:info@x.co", "user_id:1"),
      edge("email:info@x.co", "user_id:2"),
      edge("anonymous_id:kiosk", "user_id:1"),
      edge("anonymous_id:kiosk", "email:info@x.co"),
      edge("phone:null", "user_id:1"),
    ];
    const resolution = resolve(
      inputOf(edges, { "email:info@x.co": "hub", "anonymous_id:kiosk": "shared", "phone:null": "blocked" }),
      defaultIdentityRules,
    );
    expect(resolution.persons).toEqual([["anonymous_id:kiosk"], ["email:info@x.co"], ["user_id:1"], ["user_id:2"]]);
    expect(resolution.edges.map(({ reason }) => reason?.code)).toEqual(["hub", "shared", "hub", "hub", "blocked"]);
  });

  it("an alias sleeps until an event carries the previous id", () => {
    const alias = edge("user_id:1", "anonymous_id:a", { rule: "alias" });
    const ada = { key: "user_id:1", decision: "ordinary", seen: true } as const;
    const before = resolve({ identifiers: [ada], edges: [alias] }, defaultIdentityRules);
    expect(before.persons).toEqual([["user_id:1"]]);
    expect(before.edges[0]?.reason?.code).toBe("unseen");
    const visitor = { key: "anonymous_id:a", decision: "ordinary", seen: true } as const;
    const listed = resolve({ identifiers: [ada, { ...visitor, seen: false }], edges: [alias] }, defaultIdentityRules);
    expect(listed).toEqual(before);
    const after = resolve({ identifiers: [ada, visitor], edges: [alias] }, defaultIdentityRules);
    expect(after.persons).toEqual([["anonymous_id:a", "user_id:1"]]);
  });

  it("an alias of a placeholder is refused as blocked, seen or not", () => {
    const alias = edge("user_id:1", "user_id:null", { rule: "alias" });
    const ada = { key: "user_id:1", decision: "ordinary", seen: true } as const;
    expect(resolve({ identifiers: [ada], edges: [alias] }, defaultIdentityRules).edges[0]?.reason?.code).toBe(
      "blocked",
    );
  });
});

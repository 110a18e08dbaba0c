import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Correction } from "../model/correction.ts";
import type { Edge } from "../model/evidence.ts";
import { correctionEdges } from "./corrections.ts";
import {
  correctedInputs,
  correctionSets,
  edge,
  evidenceInputs,
  fateOf,
  inputOf,
  said,
  shuffled,
  tightRules,
} from "./evidence.fake.ts";
import { personIndexes } from "./membership.ts";
import { oracle } from "./oracle.fake.ts";
import { resolve, type EvidenceInput } from "./resolve.ts";
import { defaultIdentityRules } from "./retailRules.ts";
import { compareIdentifiers, rulesOfType, typeOfKey } from "./rules.ts";
import { runs } from "../../test/runs.ts";

const noCap = { ...tightRules, maxEvidenceIdentifiers: 1_000 };

function partition(input: EvidenceInput, rules = tightRules): string[] {
  return resolve(input, rules)
    .persons.map((set) => set.join(" "))
    .toSorted();
}

describe("Identity properties 12, 13: what people said, against the slow, obvious oracle", () => {
  it("joins the same people and refuses the same edges for the same reasons", () => {
    fc.assert(
      fc.property(correctedInputs, (input) => {
        const resolution = resolve(input, tightRules);
        const { codes, persons } = oracle(input, tightRules);
        expect(resolution.persons.map((set) => JSON.stringify(set)).toSorted()).toEqual(persons);
        const people = personIndexes(resolution);
        const idOf = ({ a, b, rule, source }: Edge) => [a, b, rule, source].join("|");
        const given = new Map(input.edges.map((each) => [idOf(each), each]));
        for (const resolved of resolution.edges) {
          const isOnePerson = people.has(resolved.a) && people.get(resolved.a) === people.get(resolved.b);
          const code = codes.get(given.get(idOf(resolved)) as Edge);
          expect(resolved.reason?.code ?? null).toBe(isOnePerson ? null : code);
        }
      }),
      { numRuns: runs(2_000) },
    );
  });

  it("Identity property 1: the order of evidence and corrections changes nothing", () => {
    fc.assert(
      fc.property(correctedInputs, fc.nat(), (input, seed) => {
        const permuted = { identifiers: shuffled(input.identifiers, seed), edges: shuffled(input.edges, seed + 1) };
        expect(resolve(permuted, tightRules)).toEqual(resolve(input, tightRules));
      }),
      { numRuns: runs(500) },
    );
  });

  it("Identity property 3: one evidence component alone gives what everything gives for it", () => {
    fc.assert(
      fc.property(correctedInputs, (input) => {
        const whole = resolve(input, tightRules);
        for (const component of whole.components) {
          const keys = new Set(component);
          const edges = input.edges.filter(({ a, b }) => keys.has(a) || keys.has(b));
          const ends = new Set([...component, ...edges.flatMap(({ a, b }) => [a, b])]);
          const near = input.identifiers.filter(({ key }) => ends.has(key));
          const identifiers = near.map((each) => ({ ...each, outside: !keys.has(each.key) }));
          const part = resolve({ identifiers, edges }, tightRules);
          const own = (persons: string[][]) => persons.filter(([first = ""]) => keys.has(first));
          expect(own(part.persons)).toEqual(own(whole.persons));
        }
      }),
      { numRuns: runs(500) },
    );
  });
});

describe("Identity property 12: the last verdict of a pair holds, in whatever order they came", () => {
  const correction: fc.Arbitrary<Correction> = fc.record({
    id: fc.nat(30).map((n) => `c${n}`),
    verdict: fc.constantFrom("same" as const, "different" as const, "withdrawn" as const),
    a: fc.constantFrom("email:a", "email:b"),
    b: fc.constantFrom("user_id:1", "user_id:2"),
    by: fc.constant("t1"),
    reason: fc.constant(""),
    receivedAt: fc.nat(4),
  });
  const list = fc.uniqueArray(correction, { selector: ({ id }) => id, maxLength: 12 });

  it("commutative and idempotent", () => {
    fc.assert(
      fc.property(list, fc.nat(), (corrections, seed) => {
        const twice = shuffled([...corrections, ...corrections.map((each) => ({ ...each }))], seed);
        const sorted = (edges: readonly Edge[]) =>
          edges.toSorted((x, y) => (`${x.a} ${x.b}` < `${y.a} ${y.b}` ? -1 : 1));
        expect(sorted(correctionEdges(twice))).toEqual(sorted(correctionEdges(corrections)));
      }),
    );
  });

  it("a merge that is withdrawn leaves nothing, whatever evidence came in between", () => {
    fc.assert(
      fc.property(correctedInputs, list, ({ identifiers, edges }, corrections) => {
        const withdrawals = corrections.map((each) => ({
          ...each,
          id: `${each.id}x`,
          verdict: "withdrawn" as const,
          receivedAt: 9,
        }));
        const held = correctionEdges([...corrections, ...withdrawals]);
        expect(resolve({ identifiers, edges: [...edges, ...held] }, tightRules)).toEqual(
          resolve({ identifiers, edges }, tightRules),
        );
      }),
    );
  });
});

describe("said to be one", () => {
  it("two people become just what both were, and nobody else changes", () => {
    fc.assert(
      fc.property(evidenceInputs, fc.nat(), fc.nat(), (input, x, y) => {
        const before = resolve(input, noCap);
        const ordinary = new Set(input.identifiers.filter((n) => n.decision === "ordinary").map(({ key }) => key));
        const people = before.persons.filter(([first = ""]) => ordinary.has(first));
        const one = people[x % Math.max(1, people.length)];
        const other = people[y % Math.max(1, people.length)];
        fc.pre(one !== undefined && other !== undefined && one !== other);
        const surest = (keys: string[]) => keys.toSorted((a, b) => compareIdentifiers(a, b, noCap))[0] ?? "";
        const edges = [...input.edges, said("same", surest(one), surest(other))];
        const expected = [...before.persons.filter((set) => set !== one && set !== other), [...one, ...other]];
        const sorted = expected.map((set) => set.toSorted().join(" ")).toSorted();
        expect(partition({ ...input, edges }, noCap)).toEqual(sorted);
      }),
      { numRuns: runs(1_000) },
    );
  });

  const twoLogins = [
    edge("email:a@x.co", "user_id:1", { firstAt: 1 }),
    edge("email:b@x.co", "user_id:2", { firstAt: 2 }),
  ];

  it("by their logins: one person with two logins, who takes no third", () => {
    const edges = [
      ...twoLogins,
      said("same", "user_id:1", "user_id:2"),
      edge("email:a@x.co", "user_id:3", { firstAt: 9 }),
    ];
    const resolution = resolve(inputOf(edges), defaultIdentityRules);
    expect(resolution.persons).toEqual([["email:a@x.co", "email:b@x.co", "user_id:1", "user_id:2"], ["user_id:3"]]);
    expect(fateOf(resolution, "email:a@x.co", "user_id:3")).toEqual(["limit"]);
  });

  it("by their e-mails: the logins stay two, for nobody said that they are one", () => {
    const resolution = resolve(
      inputOf([...twoLogins, said("same", "email:a@x.co", "email:b@x.co")]),
      defaultIdentityRules,
    );
    expect(resolution.persons).toEqual([["email:a@x.co", "email:b@x.co", "user_id:1"], ["user_id:2"]]);
    expect(fateOf(resolution, "email:b@x.co", "user_id:2")).toEqual(["limit"]);
  });

  it("twice over: three logins of three people", () => {
    const edges = [
      ...twoLogins,
      edge("email:c@x.co", "user_id:3"),
      said("same", "user_id:1", "user_id:2", 1),
      said("same", "user_id:2", "user_id:3", 2),
    ];
    expect(resolve(inputOf(edges), defaultIdentityRules).persons).toHaveLength(1);
    expect(resolve(inputOf(edges.slice(0, -1)), defaultIdentityRules).persons).toHaveLength(2);
  });

  it("evidence against a limit between the two is true after all", () => {
    const against = edge("user_id:1", "user_id:2", { firstAt: 5 });
    const edges = [...twoLogins, against];
    expect(fateOf(resolve(inputOf(edges), defaultIdentityRules), "user_id:1", "user_id:2")).toEqual(["limit"]);
    const merged = resolve(inputOf([...edges, said("same", "user_id:1", "user_id:2")]), defaultIdentityRules);
    expect(merged.edges.map(({ status }) => status)).toEqual(["active", "active", "active", "active"]);
  });

  it("the cap holds all the same", () => {
    const rules = { ...defaultIdentityRules, maxEvidenceIdentifiers: 3 };
    const chain = [1, 2, 3].map((n) => said("same", `user_id:${n}`, `user_id:${n + 1}`, n));
    expect(resolve(inputOf(chain), rules).edges.map(({ reason }) => reason?.code ?? null)).toEqual([null, null, "cap"]);
  });

  it.each(["hub", "shared", "blocked"] as const)("of a %s identifier joins nobody", (decision) => {
    const input = inputOf([said("same", "email:a@x.co", "user_id:1")], { "email:a@x.co": decision });
    expect(resolve(input, defaultIdentityRules).edges[0]?.reason?.code).toBe(decision);
  });

  it("of an identifier that no event has carried sleeps until one does", () => {
    const edges = [said("same", "email:a@x.co", "user_id:1")];
    const [email, login] = inputOf(edges).identifiers;
    const before = resolve({ identifiers: [email!], edges }, defaultIdentityRules);
    expect(before.edges[0]?.reason?.code).toBe("unseen");
    expect(resolve({ identifiers: [email!, login!], edges }, defaultIdentityRules).persons).toHaveLength(1);
  });
});

describe("Identity property 13: kept apart, the least sure edge of a way gives way", () => {
  it("nobody is one person who is kept apart, and each refusal names the correction", () => {
    fc.assert(
      fc.property(correctedInputs, (input) => {
        const resolution = resolve(input, tightRules);
        const people = personIndexes(resolution);
        const ids = new Set(input.edges.filter(({ rule }) => rule === "different").map((each) => each.firstMessageId));
        for (const { a, b, rule, status, reason } of resolution.edges) {
          if (rule === "different") expect(people.has(a) && people.get(a) === people.get(b)).toBe(false);
          else if (status === "active") expect(people.get(a)).toBe(people.get(b));
          if (reason?.code !== "apart") continue;
          expect(ids).toContain(reason.correctionId);
          expect(reason.message).toContain(`rule: kept apart by correction ${reason.correctionId}`);
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  it("no limit but that of said-to-be-one logins is exceeded, with whatever corrections", () => {
    fc.assert(
      fc.property(evidenceInputs, correctionSets, ({ identifiers, edges }, corrections) => {
        const input = { identifiers, edges: [...edges, ...corrections.filter(({ rule }) => rule === "different")] };
        const { previous } = oracle(input, tightRules);
        for (const person of resolve(input, tightRules).persons) {
          const living = person.filter((key) => !previous.has(key)).map(typeOfKey);
          for (const type of living) {
            expect(living.filter((other) => other === type).length).toBeLessThanOrEqual(
              rulesOfType(type, tightRules).limit,
            );
          }
        }
      }),
      { numRuns: runs(500) },
    );
  });

  const path = [
    edge("email:a@x.co", "user_id:1"),
    edge("email:a@x.co", "phone:+4420"),
    edge("anonymous_id:d", "phone:+4420"),
    edge("anonymous_id:d", "email:b@x.co"),
  ];

  it("splits at the weakest link", () => {
    const edges = [...path, said("different", "email:b@x.co", "user_id:1")];
    const resolution = resolve(inputOf(edges), defaultIdentityRules);
    expect(resolution.persons).toEqual([
      ["anonymous_id:d", "email:b@x.co"],
      ["email:a@x.co", "phone:+4420", "user_id:1"],
    ]);
    expect(fateOf(resolution, "anonymous_id:d", "phone:+4420")).toEqual(["apart"]);
    expect(fateOf(resolution, "email:b@x.co", "user_id:1")).toEqual(["active"]);
  });

  it("what else is said to be one tells where it splits", () => {
    const edges = [
      ...path,
      said("different", "email:b@x.co", "user_id:1"),
      said("same", "phone:+4420", "email:b@x.co"),
    ];
    expect(resolve(inputOf(edges), defaultIdentityRules).persons).toEqual([
      ["anonymous_id:d", "email:b@x.co", "phone:+4420"],
      ["email:a@x.co", "user_id:1"],
    ]);
  });

  it("a later `same` that contradicts it through another is refused, and says so", () => {
    const edges = [
      said("different", "email:a@x.co", "email:c@x.co", 5),
      said("same", "email:a@x.co", "email:b@x.co", 1),
      said("same", "email:b@x.co", "email:c@x.co", 9),
    ];
    const resolution = resolve(inputOf(edges), defaultIdentityRules);
    expect(resolution.persons).toEqual([["email:a@x.co", "email:b@x.co"], ["email:c@x.co"]]);
    expect(fateOf(resolution, "email:b@x.co", "email:c@x.co")).toEqual(["apart"]);
  });
});

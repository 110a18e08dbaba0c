import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeDecision } from "../model/evidence.ts";
import { evidenceInputs, shuffled, tightRules } from "./evidence.fake.ts";
import { evidenceComponents, personIndexes, personOfFragment } from "./membership.ts";
import { resolve } from "./resolve.ts";
import { defaultIdentityRules as rules } from "./retailRules.ts";

describe("evidenceComponents", () => {
  it("part the ordinary seen identifiers, each wholly", () => {
    fc.assert(
      fc.property(evidenceInputs, (input) => {
        const parts = evidenceComponents(input, resolve(input, tightRules));
        const ordinary = input.identifiers.filter(({ seen, decision }) => seen && decision === "ordinary");
        expect(parts.flat().toSorted()).toEqual(ordinary.map(({ key }) => key).toSorted());
        const partOf = new Map(parts.flatMap((part, index) => part.map((key) => [key, index] as const)));
        for (const { a, b } of input.edges) {
          if (partOf.has(a) && partOf.has(b)) expect(partOf.get(a)).toBe(partOf.get(b));
        }
      }),
    );
  });

  it("resolved one at a time give what resolving everything gives (identity property 3, the pure part)", () => {
    fc.assert(
      fc.property(evidenceInputs, (input) => {
        const whole = resolve(input, tightRules);
        const people = personIndexes(whole);
        for (const part of evidenceComponents(input, whole)) {
          const touches = ({ a, b }: { a: string; b: string }): boolean => part.includes(a) || part.includes(b);
          const edges = input.edges.filter(touches);
          const near = new Set([...part, ...edges.flatMap(({ a, b }) => [a, b])]);
          const local = resolve(
            { identifiers: input.identifiers.filter(({ key }) => near.has(key)), edges },
            tightRules,
          );
          expect(local.edges).toEqual(whole.edges.filter(touches));
          const locals = local.persons.filter((person) => part.includes(person[0] ?? ""));
          const wholes = [...new Set(part.map((key) => people.get(key) ?? -1))].map((index) => whole.persons[index]);
          expect(new Set(locals.map((person) => person.join()))).toEqual(
            new Set(wholes.map((person) => person?.join())),
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("personOfFragment", () => {
  const decisions: Record<string, NodeDecision> = {
    "user_id:null": "blocked",
    "email:info@x.co": "hub",
    "anonymous_id:kiosk": "shared",
    "user_id:clerk": "hub",
  };
  const decisionOf = (key: string): NodeDecision => decisions[key] ?? "ordinary";

  it.each<[string[], string | null]>([
    [["anonymous_id:a", "email:a@x.co", "user_id:1"], "user_id:1"],
    [["anonymous_id:a", "email:a@x.co"], "email:a@x.co"],
    [["anonymous_id:a", "session:1"], "session:1"],
    [["anonymous_id:a", "email:info@x.co"], "anonymous_id:a"],
    [["anonymous_id:a", "user_id:clerk"], "anonymous_id:a"],
    [["anonymous_id:kiosk", "email:info@x.co"], "email:info@x.co"],
    [["anonymous_id:kiosk", "user_id:null"], "anonymous_id:kiosk"],
    [["email:b@x.co", "email:a@x.co"], "email:a@x.co"],
    [["user_id:null"], null],
    [[], null],
  ])("%j belongs to %s", (identifiers, key) => {
    expect(personOfFragment(identifiers, decisionOf, rules)).toBe(key);
  });

  it("does not depend on the order of identifiers, and goes to somebody unless all are placeholders", () => {
    fc.assert(
      fc.property(evidenceInputs, fc.nat(), (input, seed) => {
        const kinds = new Map(input.identifiers.map(({ key, decision }) => [key, decision]));
        const of = (key: string): NodeDecision => kinds.get(key) ?? "ordinary";
        const keys = [...kinds.keys()].slice(0, 5);
        const person = personOfFragment(keys, of, tightRules);
        expect(personOfFragment(shuffled(keys, seed), of, tightRules)).toBe(person);
        expect(person === null).toBe(keys.every((key) => of(key) === "blocked"));
        if (keys.some((key) => of(key) === "ordinary")) expect(of(person ?? "")).toBe("ordinary");
      }),
    );
  });
});

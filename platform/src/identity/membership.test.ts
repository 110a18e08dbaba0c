import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeDecision } from "../model/evidence.ts";
import { correctedInputs, edgeSets, evidenceInputs, shuffled, tightRules } from "./evidence.fake.ts";
import { personIndexes, personOfFragment } from "./membership.ts";
import { oracle } from "./oracle.fake.ts";
import { loosenedReach } from "./reach.ts";
import { resolve } from "./resolve.ts";
import { defaultIdentityRules as rules } from "./retailRules.ts";
import { runs } from "../../test/runs.ts";

describe("Identity property 19: evidence components", () => {
  it("part the ordinary seen identifiers, hold whole persons, and no more than the cap allows", () => {
    fc.assert(
      fc.property(correctedInputs, (input) => {
        const { components, persons } = resolve(input, tightRules);
        const ordinary = input.identifiers.filter(({ seen, decision }) => seen && decision === "ordinary");
        expect(components.flat().toSorted()).toEqual(ordinary.map(({ key }) => key).toSorted());
        const partOf = new Map(components.flatMap((part, index) => part.map((key) => [key, index] as const)));
        for (const person of persons) expect(new Set(person.map((key) => partOf.get(key))).size).toBe(1);
        for (const part of components) expect(part.length).toBeLessThanOrEqual(tightRules.maxEvidenceIdentifiers);
      }),
      { numRuns: runs(300) },
    );
  });

  it("are what the definition says: of all that ever hangs together, the most that the cap allows", () => {
    fc.assert(
      fc.property(correctedInputs, (input) => {
        const components = resolve(input, tightRules).components.map((part) => JSON.stringify(part));
        expect(components.toSorted()).toEqual(oracle(input, tightRules).components);
      }),
      { numRuns: runs(1_000) },
    );
  });
});

/** So that the cap cuts most of what the generator makes. */
const smallRules = { ...tightRules, maxEvidenceIdentifiers: 4 };

describe("Identity property 3: incremental state equals a rebuild (the pure part)", () => {
  it("components resolved one at a time, all others outside, give what resolving everything gives", () => {
    fc.assert(
      fc.property(correctedInputs, (input) => {
        const whole = resolve(input, tightRules);
        const people = personIndexes(whole);
        for (const part of whole.components) {
          const touches = ({ a, b }: { a: string; b: string }): boolean => part.includes(a) || part.includes(b);
          const edges = input.edges.filter(touches);
          const near = new Set([...part, ...edges.flatMap(({ a, b }) => [a, b])]);
          const identifiers = input.identifiers
            .filter(({ key }) => near.has(key))
            .map((each) => ({ ...each, outside: !part.includes(each.key) }));
          const local = resolve({ identifiers, edges }, tightRules);
          expect(local.edges).toEqual(whole.edges.filter(touches));
          expect(local.components).toEqual([part]);
          const locals = local.persons.filter((person) => part.includes(person[0] ?? ""));
          const wholes = [...new Set(part.map((key) => people.get(key) ?? -1))].map((index) => whole.persons[index]);
          expect(new Set(locals.map((person) => person.join()))).toEqual(
            new Set(wholes.map((person) => person?.join())),
          );
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it("after new evidence, what it does not touch stays, and what it touches is found from the components touched", () => {
    fc.assert(
      fc.property(evidenceInputs, edgeSets, (input, more) => {
        const known = new Set(input.identifiers.map(({ key }) => key));
        const added = more.filter(({ a, b }) => known.has(a) && known.has(b));
        const before = resolve(input, tightRules);
        const after = resolve({ ...input, edges: [...input.edges, ...added] }, tightRules);
        const seeds = new Set(added.flatMap(({ a, b }) => [a, b]));
        const loaded = new Set(before.components.filter((part) => part.some((key) => seeds.has(key))).flat());
        const stays = (part: string[]): boolean => !part.some((key) => loaded.has(key));
        expect(after.components.filter(stays)).toEqual(before.components.filter(stays));
        const identifiers = input.identifiers.map((each) => ({ ...each, outside: !loaded.has(each.key) }));
        const local = resolve({ identifiers, edges: [...input.edges, ...added] }, tightRules);
        expect(local.components).toEqual(after.components.filter((part) => !stays(part)));
      }),
      { numRuns: runs(500) },
    );
  });

  it("after evidence ceased to join, what its ends may reach further is asked for until it is known", () => {
    fc.assert(
      fc.property(evidenceInputs, fc.nat(), (input, pick) => {
        const before = resolve(input, smallRules);
        const turned = input.identifiers[pick % Math.max(1, input.identifiers.length)]?.key;
        const now = input.identifiers.map((each) =>
          each.key === turned ? { ...each, decision: "hub" as const } : each,
        );
        const after = resolve({ ...input, identifiers: now }, smallRules);
        const loosened = input.edges.flatMap(({ a, b }) => (a === turned ? [b] : b === turned ? [a] : []));
        const loaded = new Set(before.components.filter((part) => part.includes(turned ?? "")).flat());
        const local = () => ({
          identifiers: now.map((each) => ({ ...each, outside: !loaded.has(each.key) })),
          edges: input.edges,
        });
        for (let turn = 0; turn < 99; turn++) {
          const further = loosenedReach(loosened, local(), smallRules);
          for (const key of further) {
            for (const each of before.components.find((part) => part.includes(key)) ?? []) loaded.add(each);
          }
          if (further.length === 0) break;
        }
        expect(loosenedReach(loosened, local(), smallRules)).toEqual([]);
        const isLoaded = (part: string[]): boolean => part.some((key) => loaded.has(key));
        expect(resolve(local(), smallRules).components).toEqual(after.components.filter(isLoaded));
        const stood = (part: string[]): boolean => !isLoaded(part);
        expect(after.components.filter(stood)).toEqual(before.components.filter(stood));
      }),
      { numRuns: runs(2_000) },
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

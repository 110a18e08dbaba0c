import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Statement } from "../model/correction.ts";
import type { Edge } from "../model/evidence.ts";
import { correctionEdges, probableEdges } from "./corrections.ts";
import {
  correctedInputs,
  edge,
  fateOf,
  inputOf,
  probable,
  probableSets,
  said,
  shuffled,
  tightRules,
} from "./evidence.fake.ts";
import { personIndexes } from "./membership.ts";
import { oracle } from "./oracle.fake.ts";
import { resolve, type EvidenceInput } from "./resolve.ts";
import { defaultIdentityRules } from "./retailRules.ts";
import { rulesOfType, typeOfKey } from "./rules.ts";
import { runs } from "../../test/runs.ts";

const linkedInputs: fc.Arbitrary<EvidenceInput> = fc
  .tuple(correctedInputs, probableSets)
  .map(([{ identifiers, edges }, links]) => ({ identifiers, edges: [...edges, ...links] }));

function withoutLinks({ identifiers, edges }: EvidenceInput): EvidenceInput {
  return { identifiers, edges: edges.filter(({ rule }) => rule !== "probable") };
}
const nameOf = ({ a, b, rule, source }: Edge): string => [a, b, rule, source].join("|");

describe("Identity property 18: what a linkage holds for likely", () => {
  it("is typed as such, taken after all else, and refused like any edge: a slow oracle agrees", () => {
    fc.assert(
      fc.property(linkedInputs, (input) => {
        const resolution = resolve(input, tightRules);
        const { codes, persons } = oracle(input, tightRules);
        expect(resolution.persons.map((set) => JSON.stringify(set)).toSorted()).toEqual(persons);
        const people = personIndexes(resolution);
        const given = new Map(input.edges.map((each) => [nameOf(each), each]));
        for (const resolved of resolution.edges) {
          const isOnePerson = people.has(resolved.a) && people.get(resolved.a) === people.get(resolved.b);
          const code = codes.get(given.get(nameOf(resolved)) as Edge);
          expect(resolved.reason?.code ?? null).toBe(isOnePerson ? null : code);
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  it("never changes what evidence and people decided: people only join, and only so that no limit breaks", () => {
    fc.assert(
      fc.property(linkedInputs, (input) => {
        const [before, after] = [resolve(withoutLinks(input), tightRules), resolve(input, tightRules)];
        const now = personIndexes(after);
        for (const keys of before.persons) expect(new Set(keys.map((key) => now.get(key))).size).toBe(1);
        const fates = new Map(after.edges.map((each) => [nameOf(each), each]));
        for (const each of before.edges) {
          // A refused one may have become true by another way; an accepted one stays accepted.
          if (each.status === "active") expect(fates.get(nameOf(each))?.status).toBe("active");
        }
        for (const each of input.edges.filter(({ rule }) => rule === "different")) {
          const { a, b } = each;
          expect(now.has(a) && now.get(a) === now.get(b)).toBe(false);
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  it("breaks no limit where nobody said `same`", () => {
    fc.assert(
      fc.property(linkedInputs, ({ identifiers, edges }) => {
        const input = { identifiers, edges: edges.filter(({ rule }) => rule !== "same") };
        const { previous } = oracle(input, tightRules);
        for (const person of resolve(input, tightRules).persons) {
          const living = person.filter((key) => !previous.has(key)).map(typeOfKey);
          for (const type of living) {
            const { limit } = rulesOfType(type, tightRules);
            expect(living.filter((other) => other === type).length).toBeLessThanOrEqual(limit);
          }
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it("does not depend on order, and one evidence component alone gives what everything gives for it", () => {
    fc.assert(
      fc.property(linkedInputs, fc.nat(), (input, seed) => {
        const permuted = { identifiers: shuffled(input.identifiers, seed), edges: shuffled(input.edges, seed + 1) };
        const whole = resolve(input, tightRules);
        expect(resolve(permuted, tightRules)).toEqual(whole);
        for (const component of whole.components) {
          const keys = new Set(component);
          const edges = input.edges.filter(({ a, b }) => keys.has(a) || keys.has(b));
          const ends = new Set([...component, ...edges.flatMap(({ a, b }) => [a, b])]);
          const identifiers = input.identifiers
            .filter(({ key }) => ends.has(key))
            .map((each) => ({ ...each, outside: !keys.has(each.key) }));
          const part = resolve({ identifiers, edges }, tightRules);
          const own = (persons: string[][]) => persons.filter(([first = ""]) => keys.has(first));
          expect(own(part.persons)).toEqual(own(whole.persons));
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it("goes by probability: of two that cannot both hold, the surer does", () => {
    const edges = [
      edge("email:a@x.co", "user_id:1"),
      edge("email:b@x.co", "user_id:2"),
      probable("crm_id:7", "user_id:1", 0.93),
      probable("crm_id:7", "user_id:2", 0.97),
    ];
    const resolution = resolve(inputOf(edges), defaultIdentityRules);
    expect(fateOf(resolution, "crm_id:7", "user_id:2")).toEqual(["active"]);
    expect(fateOf(resolution, "crm_id:7", "user_id:1")).toEqual(["limit"]);
  });

  it("gives way to people: kept apart is apart, and said to be one is one without it", () => {
    const link = probable("email:a@x.co", "email:b@x.co", 0.99);
    const apart = resolve(inputOf([link, said("different", "email:a@x.co", "email:b@x.co")]), defaultIdentityRules);
    expect(apart.persons).toHaveLength(2);
    expect(fateOf(apart, "email:a@x.co", "email:b@x.co").toSorted()).toEqual(["active", "apart"]);
  });
});

describe("a linkage's words", () => {
  const word: fc.Arbitrary<Statement> = fc
    .record({
      id: fc.nat(40).map((n) => `l${n}`),
      verdict: fc.constantFrom(...(["probable", "unlinked", "same", "different", "withdrawn"] as const)),
      a: fc.constantFrom("email:a", "email:b"),
      b: fc.constantFrom("user_id:1", "user_id:2"),
      receivedAt: fc.nat(4),
    })
    .map((each) => ({ ...each, by: "x", reason: "", ...(each.verdict === "probable" ? { confidence: 0.9 } : {}) }));
  const list = fc.uniqueArray(word, { selector: ({ id }) => id, maxLength: 14 });

  it("the last of a pair holds, in whatever order they came; people's words and a linkage's leave each other alone", () => {
    fc.assert(
      fc.property(list, fc.nat(), (words, seed) => {
        const sorted = (edges: readonly Edge[]) => edges.toSorted((x, y) => (nameOf(x) < nameOf(y) ? -1 : 1));
        const all = shuffled([...words, ...words.map((each) => ({ ...each }))], seed);
        expect(sorted(probableEdges(all))).toEqual(sorted(probableEdges(words)));
        const isLink = ({ verdict }: Statement) => verdict === "probable" || verdict === "unlinked";
        expect(sorted(probableEdges(words))).toEqual(sorted(probableEdges(words.filter(isLink))));
        expect(sorted(correctionEdges(words))).toEqual(sorted(correctionEdges(words.filter((each) => !isLink(each)))));
      }),
    );
  });

  it("taken back, they leave nothing", () => {
    fc.assert(
      fc.property(linkedInputs, list, ({ identifiers, edges }, words) => {
        const links = words.filter(({ verdict }) => verdict === "probable");
        const taken = links.map((each) => ({
          ...each,
          id: `${each.id}x`,
          verdict: "unlinked" as const,
          receivedAt: 9,
        }));
        const held = probableEdges([...links, ...taken]);
        expect(resolve({ identifiers, edges: [...edges, ...held] }, tightRules)).toEqual(
          resolve({ identifiers, edges }, tightRules),
        );
      }),
    );
  });
});

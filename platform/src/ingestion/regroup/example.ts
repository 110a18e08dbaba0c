import {
  decide,
  decideByAliases,
  decisionReason,
  documentChanges,
  maxExampleIdentifiers,
  maxExamplePeople,
  companyOf,
  mergeSeenWith,
  resolve,
  withChange,
  type DocumentChange,
  type EffectExample,
  type ExamplePerson,
  type IdentityRules,
} from "../../identity/index.ts";
import type { NodeDecision, Resolution } from "../../model/evidence.ts";
import { parseIdentifierKey, type IdentifierKey } from "../../model/identifier.ts";
import { profileIdOf } from "../../model/keyedHash.ts";
import type { IdentifierRow, PersonNumber, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { Evidence } from "../steps/loadEvidence.ts";
import { aliasCounts, type RegroupingParts } from "./regrouping.ts";

/** Where people's identifiers go, and where they come from, by number of the person. */
export interface Moves {
  went: ReadonlyMap<PersonNumber, ReadonlySet<PersonNumber>>;
  came: ReadonlyMap<PersonNumber, ReadonlySet<PersonNumber>>;
  splits: number;
  joins: number;
}

export interface ExampleParts {
  evidence: Evidence;
  after: readonly PersonRow[];
  moves: Moves;
  variants: readonly Variant[];
  present: IdentityRules;
  parts: RegroupingParts;
}

/** The present rules with one of the changes made. */
export interface Variant {
  change: DocumentChange;
  rules: IdentityRules;
}

/** Of a document that changes all over, the first ones are tried. */
const maxTriedChanges = 20;

export function variantsOf(present: IdentityRules, then: IdentityRules): Variant[] {
  const changes = documentChanges(present, then).slice(0, maxTriedChanges);
  return changes.map((change) => ({ change, rules: withChange(present, then, change.path) }));
}

export function kindOf({ splits, joins }: Moves): EffectExample["kind"] {
  return splits > 0 ? "split" : joins > 0 ? "join" : "other";
}

/** Who, before and after, and which change of the document makes the difference. */
export function exampleOf(kind: EffectExample["kind"], given: ExampleParts): EffectExample {
  const { evidence, after, parts } = given;
  const [was, is] = [groups(evidence.before), groups(evidence.identifiers)];
  const changed = (own: Groups, others: Groups): PersonNumber[] => {
    const known = new Set([...others.values()].map(String));
    return [...own].filter(([, keys]) => !known.has(String(keys))).map(([person]) => person);
  };
  const idOf = (person: PersonNumber, keys: readonly IdentifierKey[]): string =>
    evidence.persons.get(person)?.profileId ?? profileIdOf(parts.hash, keys[0] ?? "");
  const newIds = new Map(after.map(({ person, profileId }) => [person, profileId]));
  const seen = (own: Groups, persons: readonly PersonNumber[], id: typeof idOf): ExamplePerson[] =>
    persons.slice(0, maxExamplePeople).map((person) => {
      const keys = own.get(person) ?? [];
      const identifiers = keys.slice(0, maxExampleIdentifiers);
      return { profileId: id(person, keys), identifiers, identifierCount: keys.length };
    });
  return {
    kind,
    before: seen(was, changed(was, is), idOf),
    after: seen(is, changed(is, was), (person, keys) => newIds.get(person) ?? idOf(person, keys)),
    because: causes(given),
    reasons: reasonsOf(given),
  };
}

type Groups = ReadonlyMap<PersonNumber, readonly IdentifierKey[]>;

/** By person, identifiers sorted. */
function groups(rows: ReadonlyMap<IdentifierKey, IdentifierRow>): Groups {
  const found = new Map<PersonNumber, IdentifierKey[]>();
  for (const key of [...rows.keys()].sort()) {
    const person = rows.get(key)?.person ?? 0;
    if (person === 0) continue;
    const known = found.get(person);
    if (known === undefined) found.set(person, [key]);
    else known.push(key);
  }
  return found;
}

/**
 * Each change is made alone in the present document, and these people are resolved by it: it is the cause where it gives
 * what all changes give, and takes part where it changes anything. Where none does so alone, they do it together.
 */
function causes({ evidence, variants }: ExampleParts): EffectExample["because"] {
  const [was, is] = [namesOf(groups(evidence.before)), namesOf(groups(evidence.identifiers))];
  const tried = variants.map(({ change, rules }) => {
    const { persons } = resolvedBy(rules, evidence).resolution;
    return { change, outcome: persons.map(String).sort().join("\n") };
  });
  const alone = tried.filter(({ outcome }) => outcome === is && outcome !== was);
  if (alone.length > 0) return alone.map(({ change }) => ({ change, alone: true }));
  const takingPart = tried.filter(({ outcome }) => outcome !== was);
  return (takingPart.length > 0 ? takingPart : tried).map(({ change }) => ({ change, alone: false }));
}

function namesOf(people: Groups): string {
  return [...people.values()].map(String).sort().join("\n");
}

/** These people by other rules. What others are (hubs, shared devices) stands as it would by all changes together. */
function resolvedBy(
  rules: IdentityRules,
  { identifiers, before, fragments, edges }: Evidence,
): { resolution: Resolution; decisions: ReadonlyMap<IdentifierKey, NodeDecision> } {
  const decisions = new Map<IdentifierKey, NodeDecision>();
  const aliases = aliasCounts(edges.filter(({ rule }) => rule === "alias"));
  for (const [key, { decision }] of identifiers) {
    const isTold = decision === "ordinary" || before.get(key)?.decision === "ordinary";
    decisions.set(key, isTold ? decidedFrom(key, fragments.values(), aliases.get(key) ?? 0, rules) : decision);
  }
  const input = {
    identifiers: [...decisions].map(([key, decision]) => ({ key, decision, seen: true })),
    edges,
  };
  return { resolution: resolve(input, rules), decisions };
}

function decidedFrom(
  key: IdentifierKey,
  fragments: Iterable<{ identifiers: readonly IdentifierKey[]; logouts?: number }>,
  aliases: number,
  rules: IdentityRules,
): NodeDecision {
  const identifier = parseIdentifierKey(key);
  let seenWith: IdentifierKey[] = [];
  let decision = decide(identifier, seenWith, rules);
  for (const fragment of fragments) {
    if (decision !== "ordinary") break;
    if (!fragment.identifiers.includes(key)) continue;
    seenWith = mergeSeenWith(identifier, seenWith, companyOf(fragment, rules), rules);
    decision = decide(identifier, seenWith, rules);
  }
  return decision === "ordinary" ? decideByAliases(identifier.type, aliases, rules) : decision;
}

const maxReasons = 4;

/** What keeps apart whom the present rules join, and what kept apart whom they would join. */
function reasonsOf({ evidence, present, parts }: ExampleParts): string[] {
  const now = resolvedBy(present, evidence);
  const then = resolvedBy(parts.rules, evidence);
  const reasons = new Set<string>();
  const told = (one: typeof now, rules: IdentityRules, other: typeof now): void => {
    for (const [key, decision] of one.decisions) {
      if (decision === other.decisions.get(key)) continue;
      const reason = decisionReason(key, decision, rules);
      if (reason !== null) reasons.add(reason);
    }
    for (const [index, edge] of one.resolution.edges.entries()) {
      const isOther = other.resolution.edges[index]?.status !== edge.status;
      if (isOther && edge.reason !== null && reasons.size < maxReasons) reasons.add(edge.reason.message);
    }
  };
  told(then, parts.rules, now);
  told(now, present, then);
  return [...reasons].slice(0, maxReasons);
}

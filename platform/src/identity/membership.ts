import type { NodeDecision, Resolution } from "../model/evidence.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { disjointSets } from "./disjointSets.ts";
import type { EvidenceInput } from "./resolve.ts";
import { compareIdentifiers, compareText } from "./rules.ts";
import type { IdentityRules } from "./rules.ts";

/**
 * The identifier whose person a fragment belongs to: the surest of the combination that joins people; where none does,
 * the surest hub or shared one, which is a person of its own; null for guests (nothing, or only placeholders).
 */
export function personOfFragment(
  identifiers: readonly IdentifierKey[],
  decisionOf: (key: IdentifierKey) => NodeDecision,
  rules: IdentityRules,
): IdentifierKey | null {
  let best: { key: IdentifierKey; joins: boolean } | null = null;
  for (const key of identifiers) {
    const decision = decisionOf(key);
    if (decision === "blocked") continue;
    const joins = decision === "ordinary";
    const isBetter =
      best === null || (joins === best.joins ? compareIdentifiers(key, best.key, rules) < 0 : joins && !best.joins);
    if (isBetter) best = { key, joins };
  }
  return best?.key ?? null;
}

/** Index into `resolution.persons` of every identifier that is in one. */
export function personIndexes(resolution: Resolution): Map<IdentifierKey, number> {
  return new Map(resolution.persons.flatMap((person, index) => person.map((key) => [key, index] as const)));
}

/**
 * What must be loaded together: the ordinary seen identifiers, parted by any edge between them, those refused by limit
 * or cap included. Resolving one part alone gives what resolving everything gives for it, as no edge whose fate
 * depends on others leads out. (Larger than an evidence component, which ends at the cap.)
 * Sorted, parts by first identifier.
 */
export function evidenceComponents(input: EvidenceInput, resolution: Resolution): IdentifierKey[][] {
  const keys = input.identifiers.filter(({ seen, decision }) => seen && decision === "ordinary").map(({ key }) => key);
  const numbers = new Map(keys.map((key, number) => [key, number]));
  const sets = disjointSets(keys.length);
  for (const { a, b } of resolution.edges) {
    const [numberA, numberB] = [numbers.get(a), numbers.get(b)];
    if (numberA === undefined || numberB === undefined) continue;
    const [rootA, rootB] = [sets.find(numberA), sets.find(numberB)];
    if (rootA !== rootB) sets.unite(rootA, rootB);
  }
  const parts = Map.groupBy(keys, (key) => sets.find(numbers.get(key) ?? 0));
  const sorted = [...parts.values()].map((part) => part.sort(compareText));
  return sorted.sort((x, y) => compareText(x[0] ?? "", y[0] ?? ""));
}

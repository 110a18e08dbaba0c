import { homeOf, resolve } from "../../identity/index.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { PersonRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { assignNumbers } from "./assignNumbers.ts";
import { bothChanges, collectPeople, nothingChanged, personRows, type PeopleChange } from "./changedPeople.ts";
import { crossingsOf } from "./crossings.ts";
import { describeJoins } from "./describeJoins.ts";
import type { Folded, FoldedFragment } from "./fold.ts";
import { loadTouched, seenIdentifiers, type Evidence } from "./loadEvidence.ts";
import { settledChange, type Settled } from "./settleAlone.ts";

/**
 * Says anew who is who, one evidence component at a time. `resolve` is pure over whole components, so what comes out
 * is what a full rebuild gives; only what differs from the stored rows is written.
 */
export async function resolvePeople(folded: Folded, parts: PipelineParts): Promise<PeopleChange> {
  const touched = await loadTouched(folded, parts);
  if (touched === null) return nothingChanged();
  const { settled, evidence, plain } = touched;
  const nextNumber = await parts.store.nextNumber();
  const known = settled === null ? nothingChanged() : await settle(settled, plain, nextNumber, folded, parts);
  if (evidence === null) return known;
  const after = known.persons.reduce((next, { person }) => Math.max(next, person + 1), nextNumber);
  const { change, persons } = resolveEvidence(evidence, folded.folded, after, parts);
  return bothChanges(known, Object.assign(change, describeJoins(folded, evidence, persons, change.removedPersons)));
}

async function settle(
  settled: Settled,
  plain: readonly FoldedFragment[],
  nextNumber: number,
  folded: Folded,
  parts: PipelineParts,
): Promise<PeopleChange> {
  const { change, persons } = await settledChange(settled, { plain, folded: folded.folded }, nextNumber, parts);
  // No correction speaks of them.
  const shown = { ...folded, corrections: [] };
  return Object.assign(change, describeJoins(shown, settled, persons, change.removedPersons));
}

type ResolvingParts = Pick<PipelineParts, "hash" | "rules">;

/** `folded`: fragments of the evidence that are being written anyway. Persons that are new count up from `nextNumber`. */
export function resolveEvidence(
  evidence: Evidence,
  folded: Folded["folded"],
  nextNumber: number,
  parts: ResolvingParts,
): { change: PeopleChange; persons: PersonRow[] } {
  const resolution = resolve({ identifiers: [...seenIdentifiers(evidence)], edges: evidence.edges }, parts.rules);
  const numbered = assignNumbers(resolution.persons, evidence.before, nextNumber);
  for (const row of evidence.identifiers.values()) {
    if (!evidence.outside.has(row.key)) row.person = numbered.get(row.key) ?? 0;
  }
  const persons = personRows(resolution, evidence, parts);
  const change = { ...nothingChanged(), edges: evidence.changedEdges };
  collectPeople(change, persons, evidence);
  moveFragments(change, folded, evidence, parts);
  change.crossings = crossingsOf(change, persons, evidence, parts);
  return { change, persons };
}

function moveFragments(
  change: PeopleChange,
  folded: Folded["folded"],
  evidence: Evidence,
  parts: ResolvingParts,
): void {
  const removed = new Set(change.removedPersons);
  const decisionOf = (key: IdentifierKey) => evidence.identifiers.get(key)?.decision ?? "ordinary";
  for (const fragment of evidence.fragments.values()) {
    const key = homeOf(fragment, decisionOf, parts.rules);
    const person = key === null ? 0 : (evidence.identifiers.get(key)?.person ?? 0);
    const inBatch = folded.get(fragment.id);
    if (inBatch !== undefined) inBatch.row.person = person;
    if (fragment.person === person) continue;
    if (inBatch?.isNew !== true) {
      change.movedFragments.push({ id: fragment.id, person });
      if (fragment.tenant === undefined && key !== null && decisionOf(key) === "shared") change.rehoming.add(key);
    }
    for (const changed of [fragment.person, person]) {
      if (changed !== 0 && !removed.has(changed)) change.changedPersons.add(changed);
    }
  }
}

import type { Decision, FragmentRow } from "../../../storage/identityAndProfiles.ts";

/** A busy customer's next event finds its fragment here. Bounds memory to about 60 MB. */
const maxRecentFragments = 100_000;

/**
 * The rows of the latest decisions, as committed and without details. Whoever folds gets copies: what is kept is only
 * ever what the file holds.
 */
export function recentFragments(): {
  get(id: string): FragmentRow | undefined;
  keep(decision: Decision): void;
  forget(): void;
} {
  let young = new Map<string, FragmentRow>();
  let old = new Map<string, FragmentRow>();
  return {
    get: (id) => young.get(id) ?? old.get(id),
    keep: (decision) => {
      for (const { row } of decision.fragments) young.set(row.state.id, copyOf(row));
      for (const { fragment } of decision.tenancies?.emptied ?? []) {
        young.delete(fragment);
        old.delete(fragment);
      }
      for (const { id, person } of decision.movedFragments) {
        for (const rows of [young, old]) {
          const row = rows.get(id);
          if (row !== undefined) row.person = person;
        }
      }
      // Two generations: half is forgotten at a time, without keeping track of single uses.
      if (young.size < maxRecentFragments / 2) return;
      old = young;
      young = new Map();
    },
    forget: () => {
      young.clear();
      old.clear();
    },
  };
}

export function copyOf({ person, state }: FragmentRow): FragmentRow {
  const spans = Object.create(null) as FragmentRow["state"]["spans"];
  for (const [source, span] of Object.entries(state.spans)) spans[source] = { ...span };
  return { person, state: { ...state, spans, traits: {}, consents: {} } };
}

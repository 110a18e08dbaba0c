import type { FragmentId } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { FragmentEvidence, IdentifierRow, PersonRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { Stated } from "./statedEdges.ts";

/** Whole evidence components as stored, and the rows of all that their evidence names. */
export interface Surroundings {
  /** A key that is missing here is new. */
  readonly rows: Map<IdentifierKey, IdentifierRow>;
  readonly persons: Map<number, PersonRow>;
  readonly fragments: Map<FragmentId, FragmentEvidence>;
  fetch(keys: Iterable<IdentifierKey>): Promise<void>;
  /** Loads the components of those of the keys that join people. */
  load(keys: Iterable<IdentifierKey>): Promise<void>;
  /** Joins people, and its component is not loaded. */
  isOutside(key: IdentifierKey): boolean;
}

export function surroundings(
  rows: Map<IdentifierKey, IdentifierRow>,
  stated: Stated,
  { store }: Pick<PipelineParts, "store">,
): Surroundings {
  const persons = new Map<number, PersonRow>();
  const fragments = new Map<FragmentId, FragmentEvidence>();
  const fetch = async (keys: Iterable<IdentifierKey>): Promise<void> => {
    const missing = [...new Set(keys)].filter((key) => !rows.has(key));
    if (missing.length === 0) return;
    for (const [key, row] of await store.identifiers(missing)) rows.set(key, row);
  };
  /** An identifier that joins nobody is not traversed: its own component is not touched by what it is seen with. */
  const missingPersons = (keys: Iterable<IdentifierKey>): number[] => {
    const numbers = new Set<number>();
    for (const key of keys) {
      const row = rows.get(key);
      if (row?.decision === "ordinary" && !persons.has(row.person)) numbers.add(row.person);
    }
    return [...numbers];
  };
  return {
    rows,
    persons,
    fragments,
    fetch,
    isOutside: (key) => missingPersons([key]).length > 0,
    load: async (keys) => {
      const found = await store.persons(missingPersons(keys));
      if (found.size === 0) return;
      const loaded = await store.components([...new Set([...found.values()].map(({ component }) => component))]);
      for (const row of loaded.persons) persons.set(row.person, row);
      for (const row of loaded.identifiers) rows.set(row.key, row);
      for (const fragment of loaded.fragments) fragments.set(fragment.id, fragment);
      await fetch(loaded.fragments.flatMap(({ identifiers }) => identifiers));
      await fetch(await stated.load(loaded.identifiers.map(({ key }) => key)));
    },
  };
}

import type { PersonRow } from "../../../storage/identityAndProfiles.ts";
import type { Place } from "./place.ts";
import { type RowTexts, valuesAt } from "./rowReads.ts";
import type { PersonRowOf } from "./stateRows.ts";

/** Of some names what their rows give; those that have none, or of which `read` gives null, are left out. */
export async function presentOf<Name, Row extends object, Read>(
  rows: RowTexts,
  names: readonly Name[],
  placeOf: (name: Name) => Place<Row>,
  read: (name: Name, row: Row) => Read | null,
): Promise<Read[]> {
  const found = await valuesAt(rows, names.map(placeOf));
  return names.flatMap((name, index) => {
    const row = found[index] ?? null;
    const value = row === null ? null : read(name, row);
    return value === null ? [] : [value];
  });
}

export function personOf(person: number, { component, profileId }: PersonRowOf): PersonRow | null {
  return component === undefined || profileId === undefined ? null : { person, component, profileId };
}

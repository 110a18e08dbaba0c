import type { OrderState } from "../../../model/order.ts";
import type { KeyedHash } from "../../../model/keyedHash.ts";
import type { PersonNumber } from "../../../storage/identityAndProfiles.ts";
import type { People, PersonRecord } from "../../../storage/people.ts";
import { identifierOf, isKnown, isPresent, stateOf } from "./encoding.ts";
import { readEvidenceAround } from "./evidenceAround.ts";
import { fragmentAt, partsOf } from "./fragmentParts.ts";
import { listed } from "./listing.ts";
import { personOf, presentOf } from "./presentRows.ts";
import { type RowTexts, valueAt, valuesAt } from "./rowReads.ts";
import type { Snapshots } from "./snapshots.ts";
import { listsOf } from "./stateReads.ts";
import { detailPlace, fragmentPlace, identifierPlace, orderPlace, personPlace } from "./stateRows.ts";
import { readTenancies } from "./tenancyReads.ts";

/** Reads of persons. Each call is one snapshot. */
export function peopleOver(snapshot: Snapshots, hash: KeyedHash): People {
  return {
    byProfileId: (id) =>
      snapshot(async (rows) => {
        const person = await holderOf(rows, id);
        return person === null ? null : readPerson(rows, person);
      }),
    fragmentsOf: (id) =>
      snapshot(async (rows) => {
        const person = await holderOf(rows, id);
        return person === null ? null : partsOf(rows, hash, person);
      }),
    profileIdOfFragment: (id, at) =>
      snapshot(async (rows) => {
        const fragment = await valueAt(rows, fragmentPlace(await fragmentAt(rows, hash, id, at)));
        if (!isPresent(fragment)) return null;
        return (await valueAt(rows, personPlace(fragment.person)))?.profileId ?? null;
      }),
    ordersOf: (fragments) => snapshot((rows) => readOrders(rows, fragments)),
    tenancies: (devices) => snapshot((rows) => readTenancies(rows, hash, devices)),
    evidenceAround: (keys) => snapshot((rows) => readEvidenceAround(rows, hash, keys)),
  };
}

/** Of a living or a retired id. */
async function holderOf(rows: RowTexts, id: string): Promise<PersonNumber | null> {
  return (await valueAt(rows, identifierPlace(id)))?.person || null;
}

export async function readPerson(rows: RowTexts, person: PersonNumber): Promise<PersonRecord | null> {
  const row = await valueAt(rows, personPlace(person));
  const known = row === null ? null : personOf(person, row);
  if (known === null) return null;
  const [[named = []], [own = []]] = await Promise.all([
    listsOf(rows, [person], "identifiers"),
    listsOf(rows, [person], "fragments"),
  ]);
  const [identifiers, fragments, details] = await Promise.all([
    presentOf(rows, named, identifierPlace, (id, found) => (isKnown(found) ? { ...identifierOf(found), id } : null)),
    valuesAt(rows, own.map(fragmentPlace)),
    valuesAt(rows, own.map(detailPlace)),
  ]);
  const states = own.flatMap((id, index) => {
    const fragment = fragments[index] ?? null;
    return isPresent(fragment) ? [stateOf(id, fragment, details[index] ?? null)] : [];
  });
  const orders = (await readOrders(rows, own)).map(({ state }) => state);
  return { profileId: known.profileId, identifiers, fragments: states, orders };
}

async function readOrders(
  rows: RowTexts,
  fragments: readonly string[],
): Promise<{ state: OrderState; ownerFragment: string }[]> {
  const found = await valuesAt(rows, fragments.map(fragmentPlace));
  const keys = await Promise.all(
    found.map((row, index) => listed(rows, fragmentPlace(fragments[index] as string), row, "orders")),
  );
  return (await valuesAt(rows, keys.flat().map(orderPlace))).filter((order) => order !== null);
}

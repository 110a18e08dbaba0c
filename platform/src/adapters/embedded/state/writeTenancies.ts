import type { DatabaseSync } from "node:sqlite";
import { isDevice } from "../../../model/fragment.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { Position } from "../../../model/position.ts";
import type { TenancyChange } from "../../../storage/identityAndProfiles.ts";
import { encodeSightings, sinceEver } from "./sightingRows.ts";

export function tenancyWrites(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    addHolding: prepare("INSERT INTO holdings VALUES (?, ?)"),
    removeHolding: prepare(
      "DELETE FROM holdings WHERE device = ? AND fragment = (SELECT number FROM fragments WHERE id = ?)",
    ),
    addSightings: prepare("INSERT INTO sightings SELECT number, ?, ? FROM fragments WHERE id = ?"),
    removeSightings: prepare("DELETE FROM sightings WHERE fragment = (SELECT number FROM fragments WHERE id = ?)"),
    removeDetail: prepare("DELETE FROM details WHERE id = ?"),
    removeFragment: prepare("DELETE FROM fragments WHERE id = ?"),
    inheritCrossings: prepare("INSERT OR IGNORE INTO crossings SELECT identifier, ? FROM crossings WHERE fragment = ?"),
    addTenancy: prepare("INSERT INTO tenancies VALUES (?, ?, ?)"),
    removeTenancies: prepare("DELETE FROM tenancies WHERE device = ?"),
  };
}

type Statements = ReturnType<typeof tenancyWrites>;

export function addHoldings(
  { addHolding }: Statements,
  hash: KeyedHash,
  fragment: number | bigint,
  identifiers: readonly IdentifierKey[],
): void {
  for (const key of identifiers) if (isDevice(key)) addHolding.run(profileIdOf(hash, key), fragment);
}

/** After the fragments and ties that it speaks of. `until`: the decision's position. */
export function writeTenancies(
  statements: Statements,
  hash: KeyedHash,
  { sighted, refolded, emptied, held }: TenancyChange,
  until: Position,
): void {
  for (const { fragment, base, identifiers } of emptied) {
    statements.removeSightings.run(fragment);
    for (const key of identifiers) if (isDevice(key)) statements.removeHolding.run(profileIdOf(hash, key), fragment);
    statements.removeDetail.run(fragment);
    if (base !== fragment) statements.inheritCrossings.run(base, fragment);
    statements.removeFragment.run(fragment);
  }
  for (const { fragment } of refolded) statements.removeSightings.run(fragment);
  for (const { fragment, sightings } of [...refolded, ...sighted]) {
    statements.addSightings.run(until, encodeSightings(sightings), fragment);
  }
  for (const { device, tenancies } of held) {
    statements.removeTenancies.run(device);
    if (tenancies.length === 1 && tenancies[0]?.tenant === null) continue;
    for (const { from, tenant } of tenancies) statements.addTenancy.run(device, from ?? sinceEver, tenant ?? "");
  }
}

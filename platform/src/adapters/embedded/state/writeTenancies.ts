import type { DatabaseSync } from "node:sqlite";
import { isDevice, type FragmentId, type FragmentState, type Sighting } from "../../../model/fragment.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import type { TenancyChange } from "../../../storage/identityAndProfiles.ts";
import { deviceNumber } from "./deviceNumber.ts";
import { encodeSightings, sinceEver } from "./sightingRows.ts";

export function tenancyWrites(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  const nextChunk = "1 + coalesce((SELECT max(chunk) FROM sightings s WHERE s.fragment = number), 0)";
  return {
    addHolding: prepare("INSERT OR IGNORE INTO holdings VALUES (?, ?)"),
    addChunk: prepare(`INSERT INTO sightings SELECT number, ${nextChunk}, seen || ? FROM fragments WHERE id = ?`),
    removeSightings: prepare("DELETE FROM sightings WHERE fragment = (SELECT number FROM fragments WHERE id = ?)"),
    clearSeen: prepare("UPDATE fragments SET seen = '' WHERE id = ?"),
    rehome: prepare("UPDATE fragments SET device = ? WHERE id = ?"),
    removeDetail: prepare("DELETE FROM details WHERE id = ?"),
    removeFragment: prepare("DELETE FROM fragments WHERE id = ?"),
    inheritCrossings: prepare("INSERT OR IGNORE INTO crossings SELECT identifier, ? FROM crossings WHERE fragment = ?"),
    addTenancy: prepare("INSERT INTO tenancies VALUES (?, ?, ?)"),
    removeTenancy: prepare("DELETE FROM tenancies WHERE device = ? AND from_at = ?"),
    putTally: prepare("INSERT OR REPLACE INTO device_tallies VALUES (?, ?, ?, ?)"),
    removeTally: prepare("DELETE FROM device_tallies WHERE device = ?"),
  };
}

type Statements = ReturnType<typeof tenancyWrites>;

export function addHoldings({ addHolding }: Statements, base: FragmentId, identifiers: readonly IdentifierKey[]): void {
  for (const key of identifiers) if (isDevice(key)) addHolding.run(deviceNumber(key), base);
}

/** Of a fragment's sightings so many at most stand in its own row, which each of its events rewrites. */
export const maxSeen = 64;

/** What is to be put behind a stored fragment's `seen`: nothing where all of it went to a chunk of its own. */
export function seenBehind(
  { addChunk, clearSeen }: Statements,
  { id, spans }: Pick<FragmentState, "id" | "spans">,
  sightings: readonly Sighting[],
): string {
  if (sightings.length === 0) return "";
  const encoded = encodeSightings(sightings);
  let events = 0;
  for (const source in spans) events += spans[source]?.count ?? 0;
  if (Math.floor(events / maxSeen) === Math.floor((events - sightings.length) / maxSeen)) return encoded;
  addChunk.run(encoded, id);
  clearSeen.run(id);
  return "";
}

/** Before the fragments that are folded anew. */
export function forgetSightings({ removeSightings, clearSeen }: Statements, { refolded }: TenancyChange): void {
  for (const fragment of refolded) {
    removeSightings.run(fragment);
    clearSeen.run(fragment);
  }
}

/** After the fragments and ties that it speaks of. */
export function writeTenancies(statements: Statements, { rehomed, emptied, held, tallies }: TenancyChange): void {
  for (const { fragment, device } of rehomed) statements.rehome.run(device, fragment);
  for (const { fragment, base } of emptied) {
    statements.removeSightings.run(fragment);
    statements.removeDetail.run(fragment);
    if (base !== fragment) statements.inheritCrossings.run(base, fragment);
    statements.removeFragment.run(fragment);
  }
  for (const { device, gone, come } of held) {
    for (const from of gone) statements.removeTenancy.run(device, from ?? sinceEver);
    for (const { from, tenant } of come) statements.addTenancy.run(device, from ?? sinceEver, tenant ?? "");
  }
  for (const { device, tally } of tallies) {
    if (tally === null) statements.removeTally.run(device);
    else statements.putTally.run(device, tally.combinations, tally.events, tally.lastAt);
  }
}

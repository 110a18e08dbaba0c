import type { DatabaseSync } from "node:sqlite";
import { type IdentifierPair, lastSaid } from "../../../model/correction.ts";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import { correctionEnds, correctionsOf } from "./corrections.ts";
import { int, text, type Row } from "./rows.ts";

/**
 * Whether two identifiers' people are one, or somebody keeps them apart: then they are no question. What nobody holds
 * is one.
 */
export function settledReader(database: DatabaseSync, hash: KeyedHash): (pair: IdentifierPair) => boolean {
  const holder = database.prepare("SELECT person FROM identifiers WHERE id = ?");
  const held = database.prepare("SELECT key FROM identifiers WHERE person = ?");
  const ends = correctionEnds(database);
  const personOf = (key: IdentifierKey): number => {
    const row = holder.get(profileIdOf(hash, key));
    return row === undefined ? 0 : int(row, "person");
  };
  const keysOf = (person: number): string[] => (held.all(person) as Row[]).map((row) => text(row, "key"));
  return ({ a, b }) => {
    const [one, other] = [personOf(a), personOf(b)];
    if (one === 0 || other === 0) return false;
    if (one === other) return true;
    const [fewer = [], more = []] = [keysOf(one), keysOf(other)].sort((x, y) => x.length - y.length);
    const [here, there] = [new Set(fewer), new Set(more)];
    const between = correctionsOf(ends, fewer).filter(
      (each) => (here.has(each.a) && there.has(each.b)) || (here.has(each.b) && there.has(each.a)),
    );
    return [...lastSaid(between).values()].some(({ verdict }) => verdict === "different");
  };
}

import type { Sighting } from "../../../model/fragment.ts";
import { int, StateDamage, type Row } from "./rows.ts";

/** Each `at.position ` or `at.position.logout `, in base 36: so that more are put behind without reading what is there. */
export function encodeSightings(sightings: readonly Sighting[]): string {
  let encoded = "";
  for (const { at, position, logout } of sightings) {
    encoded += `${at.toString(36)}.${position.toString(36)}${logout === 0 ? "" : `.${logout}`} `;
  }
  return encoded;
}

/** Throws {@link StateDamage}. */
export function decodeSightings(encoded: string): Sighting[] {
  return encoded.split(" ").flatMap((each) => (each === "" ? [] : [decoded(each.split("."))]));
}

function decoded([time = "", place = "", kind = "0"]: string[]): Sighting {
  const [at, position, logout] = [Number.parseInt(time, 36), Number.parseInt(place, 36), Number.parseInt(kind, 10)];
  if (Number.isNaN(at) || Number.isNaN(position) || Number.isNaN(logout)) throw new StateDamage();
  return { at, position, logout };
}

/** Since ever, as a time. */
export const sinceEver = Number.MIN_SAFE_INTEGER;

export function timeOf(row: Row): number | null {
  const at = int(row, "from_at");
  return at === sinceEver ? null : at;
}

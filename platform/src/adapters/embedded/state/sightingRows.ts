import type { Sighting } from "../../../model/fragment.ts";
import { int, json, type Row } from "./rows.ts";

/** Times and positions by difference, which are short; a third number only of a logout, as it is rare: negative. */
export function encodeSightings(sightings: readonly Sighting[]): string {
  const numbers: number[] = [];
  let [lastAt, lastPosition] = [0, 0];
  for (const { at, position, logout } of sightings) {
    if (logout !== 0) numbers.push(-logout);
    numbers.push(position - lastPosition, at - lastAt);
    [lastAt, lastPosition] = [at, position];
  }
  return JSON.stringify(numbers);
}

/** As they were given: positions ascend. */
export function decodeSightings(row: Row): Sighting[] {
  const numbers = json(row, "seen") as number[];
  const sightings: Sighting[] = [];
  let [at, position] = [0, 0];
  for (let index = 0; index < numbers.length; index += 2) {
    // Positions ascend, so that only a logout is below none.
    const logout = (numbers[index] as number) < 0 ? -(numbers[index++] as number) : 0;
    position += numbers[index] as number;
    at += numbers[index + 1] as number;
    sightings.push({ at, position, logout });
  }
  return sightings;
}

/** Since ever, as a time. */
export const sinceEver = Number.MIN_SAFE_INTEGER;

export function timeOf(row: Row): number | null {
  const at = int(row, "from_at");
  return at === sinceEver ? null : at;
}

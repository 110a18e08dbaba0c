import { Problem } from "../../../model/problem.ts";

/** Where a list goes on: below this place in the order of (rank, last seen, number). */
export interface Place {
  rank: number;
  lastSeen: number;
  number: number;
}

export function encodePlace({ rank, lastSeen, number }: Place): string {
  return Buffer.from(JSON.stringify([rank, lastSeen, number])).toString("base64url");
}

/** Problem 400 `cursor_invalid`. */
export function decodePlace(cursor: string): Place {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(parsed) && parsed.length === 3 && parsed.every((part) => Number.isSafeInteger(part))) {
      const [rank = 0, lastSeen = 0, number = 0] = parsed as number[];
      return { rank, lastSeen, number };
    }
  } catch {
    // Told below.
  }
  throw new Problem(400, "cursor_invalid", "`after` is not a cursor of this list.", {
    hint: "Give `next` of an earlier answer as it came, with the same question.",
    field: "after",
  });
}

/** Best first: the lower rank, then the most recently seen, then the newest. */
export function byPlace(a: Place, b: Place): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  return a.lastSeen === b.lastSeen ? b.number - a.number : b.lastSeen - a.lastSeen;
}

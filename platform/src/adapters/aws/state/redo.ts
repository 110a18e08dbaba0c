import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { Changes } from "./changes.ts";
import type { Head } from "./head.ts";
import { inParallel } from "./inParallel.ts";
import { refused } from "./itemCodec.ts";
import { type ItemTable, keyOf } from "./itemTable.ts";
import { placeName, row, type Place } from "./place.ts";

const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

const maxPartBytes = 350_000;
const mostAtOnce = 8;
/** Of what a decision says; a text has less than 2^29. */
const maxChars = 500_000_000;
/**
 * Asked for only until its decision is written, which whoever decides or opens the state next does; an attempt that came
 * to nothing is never asked for. So long may a state stand still in the middle of one.
 */
const keptForS = 35 * 86_400;

/**
 * Writes what a decision says beside the rows, where nothing refers to it yet. Gives how many items that took. Problem
 * 422 `decision_refused` where it is longer than a text can be.
 */
export async function writeRedo(table: ItemTable, attempt: string, changes: Changes, now: number): Promise<number> {
  if (changes.chars > maxChars) throw refused("it changes more than can be held at once");
  const bytes = await deflated(changes.encoded());
  const expires = { N: String(Math.ceil(now / 1_000) + keptForS) };
  const count = Math.ceil(bytes.length / maxPartBytes);
  const parts = Array.from({ length: count }, (_, index) => ({
    ...keyOf(partPlace(attempt, index)),
    z: { B: bytes.subarray(index * maxPartBytes, (index + 1) * maxPartBytes) },
    expires,
  }));
  await inParallel(parts, mostAtOnce, (part) => table.put(part));
  return count;
}

export async function readRedo(table: ItemTable, { attempt, redoParts }: Head): Promise<Changes> {
  const places = Array.from({ length: redoParts }, (_, index) => partPlace(attempt, index));
  const found = await table.get(places);
  const pieces = places.map((place) => found.get(placeName(place))?.["z"]?.B ?? missing());
  return Changes.decoded((await inflated(Buffer.concat(pieces))).toString("utf8"));
}

/** Parts lie in partitions of their own: one takes no more than 1 MB a second. */
function partPlace(attempt: string, index: number): Place<never> {
  return row(`redo#${attempt}#${index}`);
}

function missing(): never {
  throw new StateDamage("what the decision that stands says is gone");
}

/** What this program wrote is no longer there to be read; no event's content is to blame. */
export class StateDamage extends Error {
  readonly code = "state_damaged";
}

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { Problem } from "../../../model/problem.ts";
import { type Item, keyOf } from "./itemTable.ts";
import { inCollection, type Place } from "./place.ts";

/**
 * A row as items. `d`: the number of the decision that wrote it. What it holds is `v` (JSON text), or deflated in `z`
 * where that is worth it. More than an item can hold (400 KB) is cut into `parts`, items of their own, which tell by their `d`
 * whether they are of one writing. A row that was taken away leaves an item that says `gone` until it expires: so that a
 * decider that was overtaken, and writes late, cannot bring back what was there before.
 */
const deflatedFromBytes = 1_024;
const maxItemBytes = 350_000;
const maxPkBytes = 2_048;
const maxSkBytes = 1_024;
/** Longer than any decider lives that was overtaken. */
const goneForS = 7 * 86_400;

export interface Writing {
  decision: number;
  /** UTC ms. */
  now: number;
}

/** Parts first: what names them comes last. Parts of an earlier writing that are too many are the caller's. */
export function itemsOf(place: Place<unknown>, text: string | null, { decision, now }: Writing): Item[] {
  const base = { ...keyOf(place), d: { N: String(decision) } };
  if (text === null) return [goneItem(place, { decision, now })];
  const plain = Buffer.byteLength(text);
  if (plain < deflatedFromBytes) return [{ ...base, v: { S: text } }];
  const bytes = deflateRawSync(text);
  if (bytes.length <= maxItemBytes) return [{ ...base, z: { B: bytes } }];
  const count = Math.ceil(bytes.length / maxItemBytes);
  const parts = Array.from({ length: count }, (_, index) => ({
    ...keyOf(partPlace(place, index)),
    d: base.d,
    z: { B: bytes.subarray(index * maxItemBytes, (index + 1) * maxItemBytes) },
  }));
  return [...parts, { ...base, parts: { N: String(count) } }];
}

export function goneItem(place: Place<unknown>, { decision, now }: Writing): Item {
  const expires = { N: String(Math.ceil(now / 1_000) + goneForS) };
  return { ...keyOf(place), d: { N: String(decision) }, gone: { BOOL: true }, expires };
}

export function decisionOf(item: Item): number {
  return Number(item["d"]?.N ?? 0);
}

export function isGone(item: Item): boolean {
  return item["gone"]?.BOOL === true;
}

/** Where the rest of a row lies; none where its item holds all of it. */
export function partsOf(place: Place<unknown>, item: Item): Place<unknown>[] {
  return Array.from({ length: Number(item["parts"]?.N ?? 0) }, (_, index) => partPlace(place, index));
}

/** Of a row that is not gone; `parts`: in their order. */
export function textOf(item: Item, parts: readonly Item[]): string {
  const text = item["v"]?.S;
  if (text !== undefined) return text;
  const pieces = parts.length > 0 ? parts : [item];
  return inflateRawSync(Buffer.concat(pieces.map((piece) => piece["z"]?.B ?? Buffer.alloc(0)))).toString("utf8");
}

/** Where all parts of a row lie, those of an earlier writing too; each by its number. */
export function partsCollection({ pk, sk }: Place<unknown>): string {
  return `part#${pk}#${sk}`;
}

function partPlace(place: Place<unknown>, index: number): Place<unknown> {
  return inCollection(partsCollection(place), String(index));
}

/** Problem 422 `decision_refused` where no table can hold a row there. */
export function checkPlace(place: Place<unknown>): void {
  if (place.pk === "" || place.sk === "") throw refused("a key is empty");
  const { pk } = partPlace(place, 0);
  if (Buffer.byteLength(pk) <= maxPkBytes && Buffer.byteLength(place.sk) <= maxSkBytes) return;
  throw refused("a key is too long for DynamoDB");
}

export function refused(why: string): Problem {
  return new Problem(422, "decision_refused", `the state cannot hold what was decided: ${why}`);
}

/**
 * Where a row lies in the table: `pk` (the partition) and `sk` (its place in it). A row that stands alone has a
 * partition of its own; rows that are asked for in their order share one, a collection.
 */
export interface Place<Value> {
  readonly pk: string;
  readonly sk: string;
  /** Only in types: what lies there. */
  readonly of?: Value;
}

const alone = "-";
/** Of a position or a number: they are at most 2^53, and sort as text. */
const digits = 16;

export function row<Value>(pk: string): Place<Value> {
  return { pk, sk: alone };
}

export function inCollection<Value = object>(pk: string, sk: string): Place<Value> {
  return { pk, sk };
}

export function isInCollection({ sk }: Place<unknown>): boolean {
  return sk !== alone;
}

/** Of a partition and a place, one text; neither holds a line feed. */
export function placeName({ pk, sk }: Place<unknown>): string {
  return `${pk}\n${sk}`;
}

/** A text that may be empty, as part of a key that may not: `""` and what begins with the sign get it before them. */
const escape = "=";

export function keyText(text: string): string {
  return text === "" || text.startsWith(escape) ? `${escape}${text}` : text;
}

export function textOfKey(key: string): string {
  return key.startsWith(escape) ? key.slice(escape.length) : key;
}

export function inOrder(number: number): string {
  return String(number).padStart(digits, "0");
}

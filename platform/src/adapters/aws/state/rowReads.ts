import type { Changes } from "./changes.ts";
import type { Place } from "./place.ts";

/** Of a collection: from `from` on, up to but without `until`, in the order of UTF-8 bytes or against it. */
export interface Range {
  from?: string;
  until?: string;
  isDescending?: boolean;
  limit?: number;
}

/** Rows as JSON text, which nobody can change in another's hands. */
export interface RowTexts {
  /** In the order of `places`; null where nothing lies. */
  texts(places: readonly Place<unknown>[]): Promise<(string | null)[]>;
  range(pk: string, range?: Range): Promise<{ sk: string; text: string }[]>;
}

export async function valuesAt<Value>(
  rows: Pick<RowTexts, "texts">,
  places: readonly Place<Value>[],
): Promise<(Value | null)[]> {
  if (places.length === 0) return [];
  return (await rows.texts(places)).map((text) => (text === null ? null : (JSON.parse(text) as Value)));
}

export async function valueAt<Value>(rows: Pick<RowTexts, "texts">, place: Place<Value>): Promise<Value | null> {
  const [value] = await valuesAt(rows, [place]);
  return value ?? null;
}

/** `_like`: a place in the collection, for what its rows hold. */
export async function valuesIn<Value>(
  rows: Pick<RowTexts, "range">,
  { pk }: Place<Value>,
  range?: Range,
): Promise<{ sk: string; value: Value }[]> {
  return (await rows.range(pk, range)).map(({ sk, text }) => ({ sk, value: JSON.parse(text) as Value }));
}

/** The same rows with changes laid over them. */
export function overlaid(rows: RowTexts, changes: Changes): RowTexts {
  return {
    texts: async (places) => {
      const below = places.filter((place) => changes.at(place) === undefined);
      const found = below.length === 0 ? [] : await rows.texts(below);
      let next = 0;
      return places.map((place) => {
        const changed = changes.at(place);
        return changed === undefined ? (found[next++] ?? null) : changed;
      });
    },
    range: async (pk, range = {}) => {
      const changed = changes.in(pk).filter(({ sk }) => isWithin(sk, range));
      if (changed.length === 0) return rows.range(pk, range);
      const { limit } = range;
      const below = await rows.range(pk, limit === undefined ? range : { ...range, limit: limit + changed.length });
      const merged = new Map(below.map(({ sk, text }) => [sk, text]));
      for (const { sk, text } of changed) {
        if (text === null) merged.delete(sk);
        else merged.set(sk, text);
      }
      const sorted = [...merged].map(([sk, text]) => ({ sk, text })).sort((one, other) => byBytes(one.sk, other.sk));
      if (range.isDescending === true) sorted.reverse();
      return limit === undefined ? sorted : sorted.slice(0, limit);
    },
  };
}

function isWithin(sk: string, { from, until }: Range): boolean {
  return (from === undefined || byBytes(sk, from) >= 0) && (until === undefined || byBytes(sk, until) < 0);
}

/** As DynamoDB sorts. */
export function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

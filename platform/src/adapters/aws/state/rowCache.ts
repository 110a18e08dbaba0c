import { placeName, type Place } from "./place.ts";
import type { RowTexts } from "./rowReads.ts";

const defaultMaxChars = 64 << 20;

/**
 * Rows as the one who decides left or found them: nobody else writes them while he does. Two generations: half is
 * forgotten at a time, without keeping track of single uses. `maxChars`: of both.
 */
export class RowCache {
  readonly #maxChars: number;
  #young = new Map<string, string | null>();
  #old = new Map<string, string | null>();
  #youngChars = 0;

  constructor(maxChars = defaultMaxChars) {
    this.#maxChars = maxChars;
  }

  get(place: Place<unknown>): string | null | undefined {
    const name = placeName(place);
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.#keep(name, old);
    return old;
  }

  keep(place: Place<unknown>, text: string | null): void {
    this.#keep(placeName(place), text);
  }

  forget(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngChars = 0;
  }

  #keep(name: string, text: string | null): void {
    this.#young.set(name, text);
    this.#youngChars += name.length + (text?.length ?? 0);
    if (this.#youngChars < this.#maxChars / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngChars = 0;
  }
}

/** Ranges are read from the table each time. */
export function cached(rows: RowTexts, cache: RowCache): RowTexts {
  return {
    range: (pk, range) => rows.range(pk, range),
    texts: async (places) => {
      // What is known is taken out at once: it may be forgotten while the rest is read and kept.
      const known = new Map(places.map((place) => [placeName(place), cache.get(place)]));
      const unknown = places.filter((place) => known.get(placeName(place)) === undefined);
      const found = unknown.length === 0 ? [] : await rows.texts(unknown);
      for (const [index, place] of unknown.entries()) {
        const text = found[index] ?? null;
        known.set(placeName(place), text);
        cache.keep(place, text);
      }
      return places.map((place) => known.get(placeName(place)) ?? null);
    },
  };
}

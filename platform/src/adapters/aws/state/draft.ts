import { Changes } from "./changes.ts";
import { listed, type Listing } from "./listing.ts";
import { checkPlace } from "./itemCodec.ts";
import { isInCollection, placeName, type Place } from "./place.ts";
import { overlaid, type Range, type RowTexts } from "./rowReads.ts";

/**
 * What becomes of the rows: each is read once, changed in memory, and written whole. Rows are fetched together where
 * somebody says beforehand which ones are needed; others one by one. Problem 422 `decision_refused` where no table can
 * hold a row.
 */
export class Draft {
  readonly #rows: RowTexts;
  /** As they were, of those that were asked for. */
  readonly #before = new Map<string, string | null>();
  readonly #open = new Map<string, { place: Place<object>; value: object | null }>();

  /** How many more there are now. */
  persons = 0;
  combinations = 0;

  constructor(rows: RowTexts) {
    this.#rows = rows;
  }

  async fetch(places: Iterable<Place<unknown>>): Promise<void> {
    const wanted = new Map<string, Place<unknown>>();
    for (const place of places) if (!this.#before.has(placeName(place))) wanted.set(placeName(place), place);
    for (const place of wanted.values()) checkPlace(place);
    if (wanted.size === 0) return;
    const texts = await this.#rows.texts([...wanted.values()]);
    for (const [index, name] of [...wanted.keys()].entries()) this.#before.set(name, texts[index] ?? null);
  }

  /** As it is now, to be read only. */
  async get<Value extends object>(place: Place<Value>): Promise<Value | null> {
    const open = this.#open.get(placeName(place));
    if (open !== undefined) return open.value as Value | null;
    await this.fetch([place]);
    const text = this.#before.get(placeName(place)) ?? null;
    return text === null ? null : (JSON.parse(text) as Value);
  }

  async has(place: Place<object>): Promise<boolean> {
    return (await this.get(place)) !== null;
  }

  /** To be changed where it stands. An empty one where there is none; one that is left empty is none. */
  async open<Value extends object>(place: Place<Value>): Promise<Value> {
    const known = this.#open.get(placeName(place));
    if (known !== undefined && known.value !== null) return known.value as Value;
    const value = (await this.get(place)) ?? ({} as Value);
    this.#open.set(placeName(place), { place, value });
    return value;
  }

  put<Value extends object>(place: Place<Value>, value: Value): void {
    checkPlace(place);
    this.#open.set(placeName(place), { place, value });
  }

  remove(place: Place<object>): void {
    checkPlace(place);
    this.#open.set(placeName(place), { place, value: null });
  }

  /** Of the collection of a place, with what was changed so far. */
  async range<Value extends object>({ pk }: Place<Value>, range?: Range): Promise<{ sk: string; value: Value }[]> {
    const rows = await this.#overlaid(pk).range(pk, range);
    return rows.map(({ sk, text }) => ({ sk, value: JSON.parse(text) as Value }));
  }

  #overlaid(pk: string): RowTexts {
    const changes = new Changes();
    for (const { place, value } of this.#open.values()) {
      if (place.pk === pk) changes.put(place, value === null ? null : JSON.stringify(value));
    }
    return overlaid(this.#rows, changes);
  }

  /** All names of a list in a row. */
  async listed<Name extends string>(place: Place<Listing<Name>>, name: Name): Promise<string[]> {
    const elsewhere = { range: (pk: string, range?: Range) => this.#overlaid(pk).range(pk, range) };
    return listed(elsewhere, place, await this.get(place), name);
  }

  /** Rows that are other ones than they were. */
  changes(): Changes {
    const changes = new Changes();
    for (const [name, { place, value }] of this.#open) {
      const text = value === null || saysNothing(place, value) ? null : JSON.stringify(value);
      const before = this.#before.get(name);
      if (text === before || (text === null && before === null)) continue;
      changes.put(place, text);
    }
    return changes;
  }
}

/** A row of a collection says something by being there. */
function saysNothing(place: Place<unknown>, value: object): boolean {
  if (isInCollection(place)) return false;
  return Object.entries(value).every(
    ([name, inner]: [string, unknown]) =>
      inner === undefined || ((name === "lists" || name === "more") && Object.keys(inner as object).length === 0),
  );
}

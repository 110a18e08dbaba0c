import type { Changes } from "./changes.ts";
import { decisionOf, isGone, partsOf, textOf } from "./itemCodec.ts";
import type { Item, ItemTable } from "./itemTable.ts";
import { inCollection, placeName, type Place } from "./place.ts";
import { overlaid, type RowTexts } from "./rowReads.ts";

/** Somebody has decided since: what is read is not of one moment. The reader begins anew. */
export class ReadOvertaken extends Error {}

/** Rows as the table has them, of decisions up to `decision`: throws {@link ReadOvertaken} at one of a later decision. */
export function rowsOfTable(table: ItemTable, decision: number): RowTexts {
  const check = (item: Item): Item => {
    if (decisionOf(item) > decision) throw new ReadOvertaken();
    return item;
  };
  const textsOf = async (items: readonly { place: Place<unknown>; item: Item }[]): Promise<string[]> => {
    const places = items.flatMap(({ place, item }) => partsOf(place, item));
    const parts = places.length === 0 ? new Map<string, Item>() : await table.get(places);
    return items.map(({ place, item }) => {
      const own = partsOf(place, item).map((part) => parts.get(placeName(part)));
      const whole = own.filter((part) => part !== undefined && decisionOf(part) === decisionOf(item));
      if (whole.length < own.length) throw new ReadOvertaken();
      return textOf(item, whole as Item[]);
    });
  };
  return {
    texts: async (places) => {
      const found = await table.get(places);
      const there = places.flatMap((place) => {
        const item = found.get(placeName(place));
        return item === undefined || isGone(check(item)) ? [] : [{ place, item }];
      });
      const texts = await textsOf(there);
      const byName = new Map(there.map(({ place }, index) => [placeName(place), texts[index] as string]));
      return places.map((place) => byName.get(placeName(place)) ?? null);
    },
    range: async (pk, range = {}) => {
      const rows: { sk: string; text: string }[] = [];
      for await (const page of table.pages(pk, range)) {
        const there = page
          .filter((item) => !isGone(check(item)) && skOf(item) !== range.until)
          .map((item) => ({ place: inCollection(pk, skOf(item)), item }));
        const texts = await textsOf(there);
        for (const [index, { place }] of there.entries()) rows.push({ sk: place.sk, text: texts[index] as string });
        if (range.limit !== undefined && rows.length >= range.limit) return rows.slice(0, range.limit);
      }
      return rows;
    },
  };
}

function skOf(item: Item): string {
  return item["sk"]?.S ?? "";
}

/** As of a decision that stands and is being written: what it says counts, wherever its writing is. */
export function rowsAsDecided(table: ItemTable, decision: number, pending: Changes | null): RowTexts {
  const rows = rowsOfTable(table, decision);
  return pending === null ? rows : overlaid(rows, pending);
}

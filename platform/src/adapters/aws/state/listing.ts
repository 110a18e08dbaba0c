import type { Draft } from "./draft.ts";
import { inCollection, type Place } from "./place.ts";
import type { RowTexts } from "./rowReads.ts";

/**
 * Lists of names in a row: so many of each stand in it, the others each in a row of their own, in a collection. Nearly
 * every list is short, and comes with its row; one that is long costs no more to add to.
 */
export interface Listing<Name extends string> {
  lists?: Partial<Record<Name, string[]>>;
  /** How many stand elsewhere. */
  more?: Partial<Record<Name, number>>;
}

/** Some 2 KB of each list. */
export const maxListed = 100;

function elsewhere(place: Place<unknown>, name: string): string {
  return `${place.pk}/${name}`;
}

export function countIn<Name extends string>(listing: Listing<Name> | null, name: Name): number {
  return (listing?.lists?.[name]?.length ?? 0) + (listing?.more?.[name] ?? 0);
}

/** All, or of a long one at least `most`; `prefix`: only those that begin so. */
export async function listed<Name extends string>(
  rows: Pick<RowTexts, "range">,
  place: Place<Listing<Name>>,
  listing: Listing<Name> | null,
  name: Name,
  { most, prefix = "" }: { most?: number; prefix?: string } = {},
): Promise<string[]> {
  const here = (listing?.lists?.[name] ?? []).filter((each) => each.startsWith(prefix));
  if ((listing?.more?.[name] ?? 0) === 0 || (most !== undefined && here.length >= most)) return here;
  const limit = most === undefined ? {} : { limit: most - here.length };
  const within = prefix === "" ? {} : { from: prefix, until: `${prefix}\u{10ffff}` };
  const others = await rows.range(elsewhere(place, name), { ...within, ...limit });
  return [...here, ...others.map(({ sk }) => sk)];
}

/** Of a row that the draft has open. One that is there already changes nothing. */
export async function addTo<Name extends string>(
  draft: Draft,
  place: Place<Listing<Name>>,
  name: Name,
  member: string,
): Promise<void> {
  const listing = await draft.open(place);
  const here = listing.lists?.[name] ?? [];
  if (here.includes(member)) return;
  const more = listing.more?.[name] ?? 0;
  const there = inCollection(elsewhere(place, name), member);
  if (more > 0 && (await draft.has(there))) return;
  if (here.length < maxListed) {
    listing.lists = { ...listing.lists, [name]: [...here, member] };
    return;
  }
  draft.put(there, {});
  listing.more = { ...listing.more, [name]: more + 1 };
}

export async function removeFrom<Name extends string>(
  draft: Draft,
  place: Place<Listing<Name>>,
  name: Name,
  member: string,
): Promise<void> {
  const listing = await draft.open(place);
  const here = listing.lists?.[name] ?? [];
  if (here.includes(member)) {
    listing.lists = without(
      listing.lists,
      name,
      here.filter((each) => each !== member),
    );
    return;
  }
  const more = listing.more?.[name] ?? 0;
  const there = inCollection(elsewhere(place, name), member);
  if (more === 0 || !(await draft.has(there))) return;
  draft.remove(there);
  listing.more = without(listing.more, name, more - 1);
}

function without<Name extends string, Value>(
  all: Partial<Record<Name, Value>> | undefined,
  name: Name,
  value: Value,
): Partial<Record<Name, Value>> {
  const isNothing = value === 0 || (Array.isArray(value) && value.length === 0);
  const { [name]: _, ...others } = (all ?? {}) as Record<Name, Value>;
  return (isNothing ? others : { ...others, [name]: value }) as Partial<Record<Name, Value>>;
}

/** A list answer as API.md has it. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}

/** A page of a short list that is held whole, in order of its ids; the cursor is the last id given. */
export function pageOf<Item extends { id: string }>(
  all: readonly Item[],
  wanted: { limit: number; after?: string | undefined },
): Page<Item> {
  const rest = all
    .filter(({ id }) => wanted.after === undefined || id > wanted.after)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const items = rest.slice(0, wanted.limit);
  return { items, next: rest.length > items.length ? (items.at(-1)?.id ?? null) : null };
}

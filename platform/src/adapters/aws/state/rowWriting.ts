import type { Changes } from "./changes.ts";
import { inParallel } from "./inParallel.ts";
import { goneItem, isGone, itemsOf, partsCollection, partsOf, type Writing } from "./itemCodec.ts";
import type { ItemTable, Put, TableParts } from "./itemTable.ts";
import { inCollection, placeName, type Place } from "./place.ts";
import { StateUnavailable } from "./stateUnavailable.ts";

const mostAtOnce = 48;
/** Rows that failed are written again so often, each time after twice the time, at random. */
const maxRounds = 4;
const firstDelayMs = 20;
/** Then the table does not answer at all, and the rest is left for later. */
const mostFailuresInARow = 96;

interface Row {
  place: Place<unknown>;
  text: string | null;
}

/** Writes what a decision says into the rows. What is written stays so: a run that failed is gone on with by the next one. */
export class RowWriting {
  readonly #table: ItemTable;
  readonly #waits: Pick<TableParts, "sleep" | "random">;
  readonly #left: Map<string, Row>;

  constructor(table: ItemTable, waits: Pick<TableParts, "sleep" | "random">, changes: Changes) {
    this.#table = table;
    this.#waits = waits;
    this.#left = new Map([...changes.all()].map((row) => [placeName(row.place), row]));
  }

  /** Rejects with `StateUnavailable` where rows are left. */
  async run(writing: Writing): Promise<void> {
    const { sleep, random } = this.#waits;
    for (let round = 1; ; round += 1) {
      const failure = await this.#round(writing);
      if (failure === null) return;
      if (round === maxRounds) throw failure;
      await sleep(firstDelayMs * 2 ** round * random());
    }
  }

  async #round(writing: Writing): Promise<StateUnavailable | null> {
    const failures: StateUnavailable[] = [];
    let inARow = 0;
    await inParallel([...this.#left], mostAtOnce, async ([name, row]) => {
      try {
        await writeRow(this.#table, row, writing);
        this.#left.delete(name);
        inARow = 0;
      } catch (error) {
        if (!(error instanceof StateUnavailable)) throw error;
        failures.push(error);
        inARow += 1;
        if (inARow >= mostFailuresInARow) throw error;
      }
    });
    return failures[0] ?? null;
  }
}

/** With the parts that what was there before had, and this has not. */
async function writeRow(table: ItemTable, { place, text }: Row, writing: Writing): Promise<void> {
  const { decision } = writing;
  const items = itemsOf(place, text, writing);
  const parts = items.length - 1;
  let put: Put = { isDone: true, before: null };
  for (const item of items) put = await table.putIfOlder(item, decision);
  for (const part of await surplus(table, { place, parts, put })) {
    await table.putIfOlder(goneItem(part, writing), decision);
  }
}

/** Where the row was written already, nobody can tell what it replaced: what lies there does. */
async function surplus(
  table: ItemTable,
  { place, parts, put }: { place: Place<unknown>; parts: number; put: Put },
): Promise<Place<unknown>[]> {
  if (put.isDone) return put.before === null ? [] : partsOf(place, put.before).slice(parts);
  const pk = partsCollection(place);
  const found: Place<unknown>[] = [];
  for await (const page of table.pages(pk, {})) {
    const there = page.filter((item) => !isGone(item)).map((item) => item["sk"]?.S ?? "");
    for (const sk of there) if (Number(sk) >= parts) found.push(inCollection(pk, sk));
  }
  return found;
}

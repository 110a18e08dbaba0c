import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { Draft } from "./draft.ts";
import { pruneFeed } from "./feedRetention.ts";
import { goneItem } from "./itemCodec.ts";
import { itemName, itemTable, keyOf } from "./itemTable.ts";
import { MemoryTable } from "./memoryTable.fake.ts";
import { inOrder } from "./place.ts";
import { rowsOfTable } from "./rowsOfTable.ts";
import { feedPlace, noState } from "./stateRows.ts";
import { stateParts } from "./stateTable.fake.ts";

const [gone, kept] = [5_000, 50];

/** A feed of which the beginning was taken away, not long ago. */
function feedInMemory(): { memory: MemoryTable; rows: ReturnType<typeof rowsOfTable> } {
  const memory = new MemoryTable();
  for (let n = 1; n <= gone + kept; n += 1) {
    const place = feedPlace(n);
    const there = { ...keyOf(place), d: { N: "1" }, v: { S: '{"first":0,"entries":[]}' } };
    const item = n > gone ? there : goneItem(place, { decision: 1, now: 0 });
    memory.items.set(itemName(item), item);
  }
  return { memory, rows: rowsOfTable(itemTable(stateParts(memory.client(), "state")), 1) };
}

test("what was taken away from a feed is not read again when more of it goes", async () => {
  const { memory, rows } = feedInMemory();
  const draft = new Draft(rows);
  const state = { ...noState, feed: { id: "f", head: gone + kept, prunedUntil: gone } };
  const feed = { slackEntries: 10, maxEntries: 10, maxPrunedRows: 20 };
  await pruneFeed(draft, state, { feed, released: 0 });
  expect([...draft.changes().all()].map(({ place }) => place.sk)).toEqual(
    Array.from({ length: 20 }, (_, n) => inOrder(gone + 1 + n)),
  );
  expect(state.feed.prunedUntil).toBe(gone + 20);
  expect(memory.count(QueryCommand)).toBe(1);
});

test("a single row behind many that were taken away is found in few requests", async () => {
  const { memory, rows } = feedInMemory();
  expect(await rows.range("feed", { limit: 1 })).toMatchObject([{ sk: inOrder(gone + 1) }]);
  expect(memory.count(QueryCommand)).toBeLessThan(12);
});

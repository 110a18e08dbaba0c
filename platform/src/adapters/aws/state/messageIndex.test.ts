import { expect, test } from "vitest";
import { MemoryTable } from "./memoryTable.fake.ts";
import { openDynamoMessageIndex } from "./messageIndex.ts";
import { stateParts } from "./stateTable.fake.ts";

const log = { read: async () => ({ records: [], next: 5 }), at: async () => null, close: async () => undefined };

function openOn(memory: MemoryTable, decided: number) {
  const parts = { log, decided, keptFrom: 0, notProcessed: async () => new Set<number>() };
  return openDynamoMessageIndex({ ...stateParts(memory.client(), "state"), ...parts });
}

const reached = (memory: MemoryTable) => memory.items.get("messages\n-")?.["p"];

test("up to where messages are remembered goes on from where it stood, and from further on, never over a hole", async () => {
  const memory = new MemoryTable();
  const one = await openOn(memory, 5);
  const other = await openOn(memory, 5);
  await other.remember([{ key: "a", position: 6 }]);
  // Both have remembered all of what they decided from 5 on.
  await one.remember([{ key: "b", position: 8 }]);
  expect(reached(memory)).toEqual({ N: "9" });
  await other.remember([{ key: "a", position: 6 }]);
  expect(reached(memory)).toEqual({ N: "9" });
  // Another table was put in its place, such as a copy of yesterday.
  memory.items.set("messages\n-", { pk: { S: "messages" }, sk: { S: "-" }, p: { N: "5" } });
  await expect(one.remember([{ key: "c", position: 10 }])).rejects.toMatchObject({ code: "state_damaged" });
  expect(reached(memory)).toEqual({ N: "5" });
});

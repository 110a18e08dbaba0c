import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { Changes } from "./changes.ts";
import { Ledger } from "./ledger.ts";
import { MemoryTable } from "./memoryTable.fake.ts";
import { row } from "./place.ts";
import { stateParts } from "./stateTable.fake.ts";

function saying(text: string | null, ...names: string[]): Changes {
  const changes = new Changes();
  for (const name of names) changes.put(row(name), text);
  return changes;
}

const open = (memory: MemoryTable): Promise<Ledger> =>
  Ledger.open({ ...stateParts(memory.client(), "state"), sleep: async () => undefined });

describe("Promise 4: rows change by whole decisions", () => {
  it("a writer that was overtaken does not take over what the other one has decided", async () => {
    const memory = new MemoryTable();
    const late = await open(memory);
    const other = await open(memory);
    await other.commit(saying('"other"', "a"), 5);
    for (let again = 0; again < 2; again += 1) {
      await expect(late.position()).rejects.toMatchObject({ code: "decided_elsewhere" });
      await expect(late.commit(saying('"late"', "a"), 7)).rejects.toMatchObject({ code: "decided_elsewhere" });
    }
    expect(await other.position()).toBe(5);
  });

  it("a decision of its own whose answer was lost is its own, and it goes on", async () => {
    const memory = new MemoryTable();
    const ledger = await open(memory);
    let isLost = false;
    const client = memory.client();
    const losing = {
      ...client,
      send: async (command: UpdateItemCommand) => {
        const answer = await client.send(command);
        if (isLost || !(command instanceof UpdateItemCommand)) return answer;
        isLost = true;
        throw new Error("the answer is lost");
      },
    } as unknown as typeof client;
    const own = await Ledger.open(stateParts(losing, "state"));
    await expect(own.commit(saying('"one"', "a"), 3)).rejects.toMatchObject({ code: "state_unavailable" });
    expect(await own.position()).toBe(3);
    await own.commit(saying('"two"', "b"), 4);
    expect(await own.rows.texts([row("a"), row("b")])).toEqual(['"one"', '"two"']);
    await expect(ledger.position()).rejects.toMatchObject({ code: "decided_elsewhere" });
  });

  it("no decision goes back, or stays where the one before it was", async () => {
    const ledger = await open(new MemoryTable());
    await ledger.commit(saying('"one"', "a"), 3);
    for (const position of [3, 2]) {
      await expect(ledger.commit(saying('"two"', "a"), position)).rejects.toMatchObject({ code: "decided_elsewhere" });
    }
    expect(await ledger.position()).toBe(3);
  });
});

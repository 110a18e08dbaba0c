import { randomBytes } from "node:crypto";
import { PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
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
    const own = await open(memory);
    memory.after = (command) => {
      if (!(command instanceof UpdateItemCommand)) return;
      memory.after = () => undefined;
      throw new Error("the answer is lost");
    };
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

  it("of a row that shrinks or goes no part stays, also where its writer was killed or an answer was lost", async () => {
    const long = (bytes: number): string => JSON.stringify(randomBytes(bytes).toString("base64"));
    for (const [text, parts] of [
      [null, 0],
      ['"short"', 0],
      [long(600_000), 2],
    ] as const) {
      for (const lost of [false, true]) {
        const memory = new MemoryTable();
        const ledger = await open(memory);
        await ledger.commit(saying(long(1_500_000), "a"), 1);
        const held = () => [...memory.items].filter(([name, item]) => name.startsWith("part#") && !item["gone"]);
        expect(held().length).toBeGreaterThan(3);
        let isKilled = false;
        const kill = (): void => {
          if (isKilled) throw new Error("killed");
        };
        memory.before = kill;
        memory.after = (command) => {
          isKilled ||= lost && isRow(command, "a");
          kill();
        };
        await ledger.commit(saying(text, "a"), 2);
        [memory.before, memory.after] = [() => undefined, () => undefined];
        const next = await open(memory);
        expect(await next.rows.texts([row("a")])).toEqual([text]);
        expect(held()).toHaveLength(parts);
      }
    }
  });

  it("single writes that fail are repeated, and only those", async () => {
    const memory = new MemoryTable();
    const ledger = await open(memory);
    const rows = 500;
    let puts = 0;
    memory.before = (command) => {
      if (isRow(command, "r") && (puts += 1) % 50 === 0) throw throttled();
    };
    await ledger.commit(saying('"one"', ...Array.from({ length: rows }, (_, n) => `r${n}`)), 1);
    expect(memory.items.get("head\n-")).toMatchObject({ decision: { N: "1" }, applied: { N: "1" } });
    expect(puts).toBeLessThan(rows * 1.03);
  });

  it("where the table does not answer little is asked, and what was written is not written again", async () => {
    const memory = new MemoryTable();
    const ledger = await open(memory);
    const rows = 1_000;
    let [puts, budget] = [0, 600];
    memory.before = (command) => {
      if (!isRow(command, "r")) return;
      puts += 1;
      if ((budget -= 1) < 0) throw throttled();
    };
    await ledger.commit(saying('"one"', ...Array.from({ length: rows }, (_, n) => `r${n}`)), 1);
    expect(puts).toBeLessThan(800);
    await expect(ledger.commit(saying('"two"', "z"), 2)).rejects.toMatchObject({ code: "state_unavailable" });
    [puts, budget] = [0, rows];
    await ledger.commit(saying('"two"', "z"), 2);
    expect(puts).toBe(rows - 600);
  });
});

function isRow(command: object, begin: string): boolean {
  return (
    command instanceof PutItemCommand && command.input.Item?.["pk"]?.S?.startsWith(begin) === true && !isRedo(command)
  );
}

function isRedo({ input }: PutItemCommand): boolean {
  return input.Item?.["pk"]?.S?.startsWith("redo#") === true;
}

function throttled(): Error {
  return Object.assign(new Error("slower"), { name: "ProvisionedThroughputExceededException" });
}

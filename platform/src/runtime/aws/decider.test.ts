import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { accepted, hash, homeCurrency, stored } from "../../../test/pipelineHarness.ts";
import { deciderLease } from "../../adapters/aws/state/deciderLease.ts";
import { fatesOver } from "../../adapters/aws/state/fates.ts";
import { MemoryTable } from "../../adapters/aws/state/memoryTable.fake.ts";
import { openDynamoMessageIndex } from "../../adapters/aws/state/messageIndex.ts";
import { snapshotsOf } from "../../adapters/aws/state/snapshots.ts";
import { openDynamoState } from "../../adapters/aws/state/stateStore.ts";
import { stateParts } from "../../adapters/aws/state/stateTable.fake.ts";
import type { StoredRecord } from "../../buffer/eventBuffer.ts";
import { defaultIdentityRules } from "../../identity/index.ts";
import type { LogRecord } from "../../model/event.ts";
import { type DeciderOutcome, type DeciderParts, runDecider } from "./decider.ts";

function editionOver(records: readonly StoredRecord[]) {
  const memory = new MemoryTable();
  const parts = () => stateParts(memory.client(), "state");
  const troubles: unknown[] = [];
  const log: DeciderParts["log"] = {
    read: async (from, until, most) => {
      const found = records.slice(from, Math.min(until, from + most));
      return { records: found, next: from + found.length };
    },
    at: async (position) => records[position] ?? null,
    close: async () => undefined,
  };
  const openMessages: DeciderParts["openMessages"] = async (store) =>
    openDynamoMessageIndex({
      ...parts(),
      log,
      decided: await store.position(),
      keptFrom: (await store.kept()).from,
      notProcessed: store.notProcessed,
    });
  const run = (more: Partial<DeciderParts> = {}): Promise<DeciderOutcome> =>
    runDecider({
      lease: { take: async () => true, give: async () => undefined },
      log,
      hash,
      homeCurrency,
      rules: defaultIdentityRules,
      end: async () => records.length,
      openState: () => openDynamoState(parts()),
      openMessages,
      now: () => 0,
      remainingMs: () => 60_000,
      sleep: async (ms, signal) => await sleep(ms, undefined, { signal }).catch(() => undefined),
      onTrouble: (error) => troubles.push(error),
      ...more,
    });
  const counts = () => fatesOver(snapshotsOf(parts())).counts();
  return { memory, parts, troubles, run, openMessages, counts };
}

function events(count: number): StoredRecord[] {
  return Array.from({ length: count }, (_, n) =>
    stored(accepted({ messageId: `m${n}`, identifiers: ["user_id:u"] }), n),
  );
}

/** Gives its values one after another, the last one again and again; before each, what stands there is done. */
function inSteps(...steps: (number | (() => Promise<number>))[]): () => Promise<number> {
  let next = 0;
  return async () => {
    const step = steps[Math.min(next++, steps.length - 1)] ?? 0;
    return typeof step === "number" ? step : step();
  };
}

describe("Promise 2: two deciders fold no record twice", () => {
  it.each([4, 6, 10])("one that another has overtaken up to %i ends", async (until) => {
    const { run, counts } = editionOver(events(10));
    const end = inSteps(
      2,
      async () => {
        expect(await run({ end: async () => until })).toBe("caughtUp");
        return 10;
      },
      10,
    );
    expect(await run({ end })).toBe("overtaken");
    expect(await run()).toBe("caughtUp");
    expect(await counts()).toEqual({ processed: 10, rejected: 0, duplicates: 0 });
  });

  it("one that another has overtaken while it opened its messages ends, and leaves no hole in what is remembered", async () => {
    const again = [0, 3].map((n) => accepted({ messageId: `m${n}`, identifiers: ["user_id:u"] }));
    const records = [...events(7), ...again.map((event, index) => stored(event, 7 + index))];
    const { run, openMessages, counts } = editionOver(records);
    const killed = new Error("killed");
    const overtaking: DeciderParts["openMessages"] = async (store) => {
      const messages = await openMessages(store);
      // The other one's decision stands, and it is killed before it remembers.
      const stopping = { isOver: false };
      const forgetful: DeciderParts["openMessages"] = async (other) => ({
        ...(await openMessages(other)),
        remember: async () => {
          stopping.isOver = true;
          throw killed;
        },
      });
      const remainingMs = (): number => (stopping.isOver ? 0 : 60_000);
      await run({ end: async () => 6, openMessages: forgetful, remainingMs });
      return messages;
    };
    expect(await run({ openMessages: overtaking, end: async () => 7 })).toBe("overtaken");
    expect(await run()).toBe("caughtUp");
    expect(await counts()).toEqual({ processed: 7, rejected: 0, duplicates: 2 });
  });
});

describe("a decider", () => {
  it("that may not use the table ends with it, and does not try until its time is over", async () => {
    const { memory, run, troubles } = editionOver(events(4));
    let commands = 0;
    memory.before = () => {
      commands += 1;
      if (commands > 12) throw Object.assign(new Error("no"), { name: "AccessDeniedException" });
    };
    await expect(run()).rejects.toMatchObject({ code: "state_forbidden" });
    expect(troubles.length).toBeLessThan(3);
  });

  it("whose lease another one has taken while it opens ends, and decides nothing", async () => {
    const { memory, parts, run } = editionOver(events(4));
    let now = 0;
    const leaseOf = (owner: string) => deciderLease({ ...parts(), now: () => now }, { owner, holdMs: 30_000 });
    const openState: DeciderParts["openState"] = async () => {
      now += 31_000;
      expect(await leaseOf("other").take()).toBe(true);
      await sleep(600);
      return openDynamoState(parts());
    };
    expect(await run({ lease: leaseOf("one"), now: () => now, openState })).toBe("outOfTime");
    expect(memory.items.get("head\n-")).toMatchObject({ decision: { N: "0" } });
  });

  it("refuses a record of a source without a name, counts it, and goes on", async () => {
    const nameless: LogRecord = {
      status: "rejected",
      source: "",
      sourceKind: "web",
      messageId: "",
      receivedAt: 0,
      reason: { code: "record_unprocessable", message: "it cannot be processed" },
      body: "",
    };
    const { run, counts, troubles } = editionOver([
      stored(nameless, 0),
      ...events(3).map((each) => ({ ...each, position: each.position + 1 })),
    ]);
    expect(await run()).toBe("caughtUp");
    expect(troubles).toEqual([]);
    expect(await counts()).toEqual({ processed: 3, rejected: 1, duplicates: 0 });
  });
});

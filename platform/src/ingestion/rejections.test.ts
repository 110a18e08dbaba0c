import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fatesOver } from "../adapters/embedded/state/fates.ts";
import { openStateReader } from "../adapters/embedded/state/schema.ts";
import type { LogRecord, RejectedCall } from "../model/event.ts";
import { maxCausesOfSource } from "../model/rejectionCause.ts";
import type { Fates, KeptCause } from "../storage/fates.ts";
import { accepted, foldings, withTwo, type Folding } from "../../test/pipelineHarness.ts";
import { runs } from "../../test/runs.ts";

const folding = foldings();
const noon = Date.UTC(2026, 5, 1, 12);

function refused(messageId: string, more: Partial<RejectedCall> = {}): RejectedCall {
  return {
    status: "rejected",
    source: "web",
    sourceKind: "web",
    messageId,
    receivedAt: noon,
    reason: { code: "event_missing", message: "it has no name", field: "event" },
    body: JSON.stringify({ type: "track" }),
    ...more,
  };
}

async function asking<T>({ file }: Folding, ask: (fates: Fates) => Promise<T>): Promise<T> {
  const database = openStateReader(file);
  try {
    return await ask(fatesOver(database));
  } finally {
    database.close();
  }
}

async function causesOf(one: Folding): Promise<KeptCause[]> {
  return asking(one, (fates) => fates.causes({ source: null, onlyOpen: false, after: null, limit: 2_000 }));
}

async function statesOf(one: Folding): Promise<string[]> {
  const wanted = { source: null, cause: null, onlyOpen: false, before: null, limit: 100 };
  const kept = await asking(one, (fates) => fates.rejections(wanted));
  return kept.toReversed().map(({ messageId, state }) => `${messageId} ${state}`);
}

describe("Promise 3: every event has a fate", () => {
  it("a refusal is open until a call of its message is taken, whenever that comes, and is replaced by a later one", async () => {
    const one = await folding();
    await one.deliver([refused("a"), refused("b"), accepted({ messageId: "c" })]);
    await one.deliver([
      refused("a"),
      refused("c"),
      accepted({ messageId: "b" }),
      accepted({ messageId: "d" }),
      refused("d"),
    ]);
    expect(await statesOf(one)).toEqual(["a replaced", "b mended", "a open", "c mended", "d mended"]);
    expect(await causesOf(one)).toMatchObject([{ count: 5, open: 1 }]);
    await one.deliver([accepted({ messageId: "a" }), refused("a")]);
    expect(await statesOf(one)).toEqual(["a mended", "b mended", "a mended", "c mended", "d mended", "a mended"]);
    expect(await causesOf(one)).toMatchObject([{ count: 6, open: 0 }]);
  });

  it("of another source, the same messageId is another message", async () => {
    const one = await folding();
    await one.deliver([refused("a"), accepted({ messageId: "a", source: "erp" })]);
    expect(await statesOf(one)).toEqual(["a open"]);
  });

  it("a sender who makes up names cannot make the causes grow without end; none is lost", async () => {
    const one = await folding();
    const made = Array.from({ length: maxCausesOfSource + 50 }, (_, n) =>
      refused(`m${n}`, { body: JSON.stringify({ type: "track", event: `made up ${n}` }) }),
    );
    await one.deliver([
      ...made,
      refused("x", { source: "erp", body: JSON.stringify({ type: "track", event: "own" }) }),
    ]);
    const causes = await causesOf(one);
    expect(causes.filter(({ source }) => source === "web")).toHaveLength(maxCausesOfSource + 1);
    expect(causes.reduce((sum, { open }) => sum + open, 0)).toBe(made.length + 1);
    expect(causes[0]).toMatchObject({ event: null, field: null, type: "track", open: 50 });
    expect(causes.find(({ source }) => source === "erp")).toMatchObject({ event: "own" });
  });
});

const record: fc.Arbitrary<LogRecord> = fc
  .record({
    message: fc.nat(5),
    isRefused: fc.boolean(),
    source: fc.constantFrom("web", "erp"),
    event: fc.constantFrom("A", "B"),
    at: fc.nat(3),
  })
  .map(({ message, isRefused, source, event, at }) => {
    const body = { type: "track", event };
    if (!isRefused) return accepted({ messageId: `m${message}`, source, event, body });
    return refused(`m${message}`, { source, body: JSON.stringify(body), receivedAt: noon + at });
  });

describe("Promise 4: state is a fold of the log", () => {
  it("causes and what is still to be mended come out the same, in whatever batches records are decided", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 25 }),
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 }),
        async (records, sizes) => {
          await withTwo(async (one, other) => {
            await one.deliver(records, sizes);
            await other.deliver(records);
            expect(await one.differences(other)).toEqual([]);
            const open = new Map<string, boolean>();
            for (const { source, messageId, status } of records) {
              const key = `${source} ${messageId}`;
              if (status === "accepted") open.set(key, false);
              else if (!open.has(key)) open.set(key, true);
            }
            const waiting = [...open.values()].filter(Boolean).length;
            expect(await asking(one, (fates) => fates.openCounts(null))).toMatchObject({ open: waiting });
          });
        },
      ),
      { numRuns: runs(40) },
    );
  });
});

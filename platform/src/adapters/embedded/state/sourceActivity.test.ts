import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, foldings, type Folding } from "../../../../test/pipelineHarness.ts";
import type { LogRecord } from "../../../model/event.ts";
import { keptMinutes } from "../../../storage/sourceActivity.ts";
import { fatesOver } from "./fates.ts";
import { openStateReader } from "./schema.ts";
import { sourceActivityOver } from "./sourceActivity.ts";
import { runs } from "../../../../test/runs.ts";

const folding = foldings();

const minute = 60_000;
const noon = Date.UTC(2026, 10, 24, 12);

function sent(n: number, source: string, receivedAt: number, isRefused = false): LogRecord {
  const messageId = `m${n}`;
  if (!isRefused)
    return accepted({ messageId, source, receivedAt, occurredAt: receivedAt, identifiers: ["user_id:a"] });
  const reason = { code: "event_missing", message: "no event" };
  return { status: "rejected", source, sourceKind: "web", messageId, receivedAt, reason, body: "{}" };
}

async function read<T>(one: Folding, ask: (database: ReturnType<typeof openStateReader>) => Promise<T>): Promise<T> {
  const database = openStateReader(one.file);
  try {
    return await ask(database);
  } finally {
    database.close();
  }
}

describe("what came from each source", () => {
  it("is told by the minute for all together, without gaps, up to the minute of now", async () => {
    const one = await folding();
    await one.deliver([
      sent(1, "web", noon - 3 * minute),
      sent(2, "web", noon - 2 * minute, true),
      sent(3, "erp", noon - 2 * minute),
      sent(4, "web", noon + 1),
    ]);
    const minutes = await read(one, (database) => sourceActivityOver(database).minutes(noon + 59_999, 3));
    expect(minutes).toEqual([
      { at: noon - 2 * minute, accepted: 1, rejected: 1 },
      { at: noon - minute, accepted: 0, rejected: 0 },
      { at: noon, accepted: 1, rejected: 0 },
    ]);
  });

  it("is counted by minutes: now, a day, ever", async () => {
    const one = await folding();
    await one.deliver([
      sent(1, "web", noon - 3_000 * minute),
      sent(2, "web", noon - 60 * minute, true),
      sent(3, "web", noon - 2 * minute),
      sent(3, "web", noon - 2 * minute),
      sent(4, "erp", noon - 8 * minute),
      sent(5, "web", noon + 999, true),
    ]);
    expect(await read(one, (database) => sourceActivityOver(database).all(noon + 1_000))).toEqual([
      {
        source: "erp",
        total: { accepted: 1, rejected: 0 },
        recent: { accepted: 0, rejected: 0 },
        lastDay: { accepted: 1, rejected: 0 },
        lastAcceptedAt: noon - 8 * minute,
        lastRejectedAt: null,
      },
      {
        source: "web",
        total: { accepted: 3, rejected: 2 },
        recent: { accepted: 2, rejected: 1 },
        lastDay: { accepted: 2, rejected: 2 },
        lastAcceptedAt: noon - 2 * minute,
        lastRejectedAt: noon + 999,
      },
    ]);
  });

  it("does not depend on batches or order, whatever minutes are forgotten meanwhile", async () => {
    const record = fc.record({ source: fc.constantFrom("web", "pos"), at: fc.nat(4_000), isRefused: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: keptMinutes, maxLength: keptMinutes + 800 }),
        fc.array(fc.integer({ min: 50, max: 900 }), { minLength: 1, maxLength: 5 }),
        async (given, sizes) => {
          const records = given.map(({ source, at, isRefused }, n) => sent(n, source, noon + at * minute, isRefused));
          const [one, other] = [await folding(), await folding()];
          await one.deliver(records, sizes);
          await other.deliver(records);
          expect(await one.differences(other)).toEqual([]);
          const kept = await read(one, async (database) =>
            database.prepare("SELECT count(DISTINCT minute) AS minutes FROM source_minutes").get(),
          );
          const minutes = new Set(given.map(({ at }) => at)).size;
          expect(kept).toMatchObject({ minutes: Math.min(minutes, keptMinutes) });
        },
      ),
      { numRuns: runs(4) },
    );
  });
});

const any = { cause: null, onlyOpen: false };

describe("refusals", () => {
  it("come newest first, of one source or all, page by page", async () => {
    const one = await folding();
    const given = Array.from({ length: 25 }, (_, n) => sent(n, n % 3 === 0 ? "erp" : "web", noon, n % 2 === 0));
    await one.deliver(given);
    await read(one, async (database) => {
      const fates = fatesOver(database);
      const all: number[] = [];
      for (let before: number | null = null; ; before = all.at(-1) ?? null) {
        const page = await fates.rejections({ ...any, source: null, before, limit: 4 });
        if (page.length === 0) break;
        all.push(...page.map(({ position }) => position));
      }
      expect(all).toEqual([24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0]);
      const erp = await fates.rejections({ ...any, source: "erp", before: 18, limit: 10 });
      expect(erp.map(({ messageId }) => messageId)).toEqual(["m12", "m6", "m0"]);
      expect(await fates.exceptionAt(2)).toMatchObject({ fate: "rejected", reason: { code: "event_missing" } });
      expect(await fates.exceptionAt(1)).toBeNull();
    });
  });
});

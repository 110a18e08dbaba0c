import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openEngine, type Engine } from "../../../platform/src/adapters/embedded/analytics/engine.ts";
import { insertEvents } from "../../../platform/src/adapters/embedded/analytics/eventBatch.ts";
import { registeredFiles } from "../../../platform/src/adapters/embedded/analytics/lakeCatalog.ts";
import { quoted } from "../../../platform/src/adapters/embedded/analytics/sqlText.ts";
import { eventColumnNames } from "../../../platform/src/adapters/embedded/analytics/tables.ts";
import { acceptCall } from "../../../platform/src/gateway/accept.ts";
import { maxEventBytes } from "../../../platform/src/gateway/limits.ts";
import { defaultIdentityRules, identifierOrder } from "../../../platform/src/identity/index.ts";
import type { AcceptedEvent, JsonObject } from "../../../platform/src/model/event.ts";
import { keyedHash } from "../../../platform/src/model/keyedHash.ts";
import { decodeRecord } from "../../../platform/src/model/logRecord.ts";
import { openShop } from "../events.ts";
import { historyDraws } from "./historyDraws.ts";
import { historyOf, identifiersOf, source } from "./historyEvent.ts";
import { allShares, eventKinds } from "./kinds.ts";
import { makeLake } from "./makeLake.ts";
import { endOf, historyMs, positionOf, type LakePlan } from "./plan.ts";

const directory = mkdtempSync(join(tmpdir(), "c360-history-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const hash = keyedHash(Buffer.alloc(32, 7));
const plans = fc.record({
  events: fc.integer({ min: 2, max: 100_000_000 }),
  customers: fc.integer({ min: 1, max: 1_000_000 }),
  seed: fc.nat(1_000),
  startMs: fc.constant(Date.UTC(2023, 0, 1)),
});

describe("a made history", () => {
  it("is in hot rows and files, row by row, what the platform makes of the same events' records", async () => {
    const plan: LakePlan = { events: 6_000, customers: 70, seed: 3, startMs: Date.UTC(2023, 0, 1) };
    const made = join(directory, "made");
    const lakeLimits = { maxHotRows: 1_000, keepHotRows: 200, leastFileRows: 100, maxFilesPerBucket: 2 };
    await makeLake({ directory: made, plan, hash, say: () => undefined, lakeLimits });
    const usual = await openEngine({ directory: join(directory, "usual") });
    const history = historyOf(plan);
    const records = Array.from({ length: plan.events }, (_, n) => history.record(history.event(n), hash));
    await insertEvents(usual.writer, records, {
      stageDirectory: usual.paths.stage,
      identifierOrder: identifierOrder(defaultIdentityRules),
      homeCurrency: "GBP",
    });
    const expected = await rowsOf(usual);
    usual.close();
    const engine = await openEngine({ directory: made });
    const rows = await rowsOf(engine);
    const files = await registeredFiles(engine.writer);
    engine.close();
    expect(rows).toHaveLength(plan.events);
    expect(rows).toEqual(expected);
    expect(files.reduce((sum, file) => sum + file.rows, 0)).toBeGreaterThan(5_000);
    expect(new Set(files.map(({ bucket }) => bucket)).size).toBe(16);
  });

  it("has the records that the gateway makes of its calls", () => {
    const plan: LakePlan = { events: 100_000_000, customers: 1_000_000, seed: 1, startMs: Date.UTC(2023, 0, 1) };
    const history = historyOf(plan);
    const web = {
      id: source.source,
      name: "Shop",
      kind: "web",
      enabled: true,
      maxEventsPerSecond: null,
      createdAt: 0,
    } as const;
    const options = { maxEventBytes, allowGuests: false, mayBeUnstorable: false, newMessageId: () => "made" };
    const shop = openShop(plan.seed, plan.customers);
    const shares = new Map<string, number>();
    for (let n = 0; n < plan.events; n += 49_999) {
      const event = history.event(n);
      const call = JSON.parse(history.call(event)) as JsonObject;
      const { record } = acceptCall(call, web, { at: event.receivedAt }, options);
      const { payload } = history.record(event, hash);
      expect(decodeRecord(payload)).toEqual(record);
      expect((record as AcceptedEvent).identifiers).toEqual(
        identifiersOf(shop.customer(event.customer), event.combination),
      );
      shares.set(String(event.kind.event), (shares.get(String(event.kind.event)) ?? 0) + 1);
    }
    for (const { event, share } of eventKinds) {
      expect(Math.abs((shares.get(String(event)) ?? 0) / 2_001 - share / allShares)).toBeLessThan(0.04);
    }
  });

  it("ascends in time and place and stays within its three years, at any size", () => {
    fc.assert(
      fc.property(plans, fc.double({ min: 0, max: 1, noNaN: true }), (plan, at) => {
        const history = historyDraws(plan);
        const n = Math.floor(at * (plan.events - 2));
        const [one, next] = [history.event(n), history.event(n + 1)];
        expect(next.occurredAt).toBeGreaterThanOrEqual(one.occurredAt);
        expect(positionOf(plan, n + 1)).toBeGreaterThan(positionOf(plan, n));
        expect(endOf(plan)).toBeGreaterThan(positionOf(plan, n + 1));
        expect(next.occurredAt - plan.startMs).toBeLessThan(historyMs);
        expect(one.customer).toBeLessThan(plan.customers);
        expect(history.who(n)).toMatchObject({ customer: one.customer, combination: one.combination });
      }),
      { numRuns: 500 },
    );
  });
});

/** All events that the database lists, by position. */
async function rowsOf({ writer, paths }: Engine): Promise<unknown[][]> {
  const files = (await registeredFiles(writer)).map(({ path }) => quoted(join(paths.lake, path)));
  const lake = `UNION ALL SELECT ${eventColumnNames} FROM read_parquet([${files.join(",")}], hive_partitioning = false)`;
  const hot = `SELECT ${eventColumnNames} FROM store.hot`;
  const found = await writer.runAndReadAll(`${hot} ${files.length === 0 ? "" : lake} ORDER BY position`);
  return found.getRowsJson();
}

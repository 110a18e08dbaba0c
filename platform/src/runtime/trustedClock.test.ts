import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEventLog } from "../adapters/embedded/eventLog/writer.ts";
import { newestReceipt, trustedClock } from "./trustedClock.ts";

const newestAt = Date.UTC(2026, 0, 1);
const maxMs = 4 * 365 * 86_400_000;

describe("the clock that deletions trust", () => {
  it("is never ahead of the machine's, nor of the log's newest record and the time since the start", () => {
    const step = fc.record({ wall: fc.integer({ min: -maxMs, max: maxMs }), passes: fc.nat(maxMs) });
    fc.assert(
      fc.property(fc.float({ min: 0, max: 1e6, noNaN: true }), fc.array(step), (startedAt, steps) => {
        let [wall, uptime, passed] = [newestAt, startedAt, 0];
        const now = trustedClock(newestAt, { wall: () => wall, uptimeMs: () => uptime });
        for (const each of steps) {
          passed += each.passes;
          uptime = startedAt + passed;
          wall = newestAt + each.wall;
          expect(now()).toBeLessThanOrEqual(Math.min(wall, newestAt + passed));
          expect(now()).toBeGreaterThan(Math.min(wall, newestAt + passed) - 2);
        }
      }),
    );
  });
});

describe("the newest receipt", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "c360-clock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ["of the last record, whatever the machine's clock says", [{ receivedAt: 5 }, { receivedAt: newestAt }], newestAt],
    ["as the clock says where the log never had anything", [], newestAt + maxMs],
    ["at no time where no record says one", [{}], Number.NEGATIVE_INFINITY],
  ])("is %s", async (_what, records, expected) => {
    const log = await openEventLog({ directory: folder, now: () => newestAt + maxMs });
    for (const record of records) {
      const payload = Buffer.from(JSON.stringify(record));
      await log.append([{ fragment: "AAAAAAAAAAAAAAAA", message: "BBBBBBBBBBBBBBBB", payload }]);
    }
    expect(await newestReceipt(folder, log.end(), () => newestAt + maxMs)).toBe(expected);
    await log.close();
  });
});

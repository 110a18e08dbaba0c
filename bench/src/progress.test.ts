import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { firstTime } from "./progress.ts";
import type { ServerStatus } from "./server.ts";

const none: ServerStatus = {
  pendingRecords: 0,
  acceptedRecords: 0,
  processedRecords: 0,
  analyticsAsOf: 0,
  searchAsOf: 0,
  reviewsAsOf: 0,
};

/** Drains after `drainMs`, and answers each question `slowMs` later with what held when it was asked. */
function draining(drainMs: number, slowMs: number) {
  const startedAt = Date.now();
  return {
    startedAt,
    status: async (): Promise<ServerStatus> => {
      const pendingRecords = Date.now() - startedAt >= drainMs ? 0 : 1;
      await sleep(slowMs);
      return { ...none, pendingRecords };
    },
  };
}
const isDrained = ({ pendingRecords }: ServerStatus): boolean => pendingRecords === 0;

describe("firstTime", () => {
  it("is when the server was asked, not when it answered", async () => {
    const server = draining(100, 300);
    const at = (await firstTime(server, isDrained, 10_000)) ?? 0;
    expect(at - server.startedAt).toBeGreaterThanOrEqual(100);
    expect(at - server.startedAt).toBeLessThan(300);
  });

  it("gives up after its time", async () => {
    expect(await firstTime(draining(10_000, 1), isDrained, 200)).toBeNull();
  });

  it("passes a failure on", async () => {
    const broken = { status: () => Promise.reject(new Error("gone")) };
    await expect(firstTime(broken, isDrained, 10_000)).rejects.toThrow("gone");
  });
});

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { watchMost } from "./samples.ts";

const statusOf = (pendingRecords: number) => ({
  pendingRecords,
  acceptedRecords: 0,
  processedRecords: 0,
  analyticsAsOf: 0,
  searchAsOf: 0,
  reviewsAsOf: 0,
});

test("a peak between the ends is what is told, not what is there at the end", async () => {
  let n = 0;
  const peak = [10, 900, 20];
  const at = (): number => peak[Math.min(n, peak.length - 1)] ?? 0;
  const server = {
    status: async () => {
      const status = statusOf(at() * 2);
      n++;
      return status;
    },
  };
  const watch = watchMost({ pid: process.pid, server, memoryMiB: at });
  while (n < peak.length) await sleep(20);
  expect(await watch.end()).toMatchObject({ memoryMiB: 900, pending: 1_800 });
});

test("a server that is gone is told, not taken for one without memory", async () => {
  const server = { status: () => Promise.reject(new Error("refused")) };
  const watch = watchMost({ pid: process.pid, server, memoryMiB: () => 1 });
  await expect(watch.end()).rejects.toThrow("nothing could be seen");
});

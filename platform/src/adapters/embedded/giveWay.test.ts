import { once } from "node:events";
import { getPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";

const follower = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { getPriority } = require("node:os");
  import(workerData).then(({ giveWay }) => {
    giveWay(15);
    giveWay();
    giveWay(5);
    parentPort.postMessage(getPriority(0));
  });`;

test("a thread that gives way does so alone, and never takes back what it gave", async () => {
  const before = getPriority(0);
  const worker = new Worker(follower, { eval: true, workerData: new URL("./giveWay.ts", import.meta.url).href });
  const [priority] = (await once(worker, "message")) as [number];
  await worker.terminate();
  expect(priority).toBe(process.platform === "linux" ? Math.max(before, 15) : before);
  expect(getPriority(0)).toBe(before);
});

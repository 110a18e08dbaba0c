import { execFile } from "node:child_process";
import { once } from "node:events";
import { getPriority } from "node:os";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { niceness } from "./giveWay.ts";

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

test.runIf(process.platform === "linux")("the pool's threads give way, and no others", async () => {
  const program = `
    const { readFile } = await import("node:fs/promises");
    const { readdirSync, readFileSync } = await import("node:fs");
    const { getPriority } = await import("node:os");
    await Promise.all(Array.from({ length: 8 }, () => readFile(process.execPath)));
    const before = getPriority(0);
    const { poolGivesWay } = await import(${JSON.stringify(new URL("./giveWay.ts", import.meta.url).href)});
    poolGivesWay();
    const named = readdirSync("/proc/self/task").map((task) => [readFileSync(\`/proc/self/task/\${task}/comm\`, "utf8").trim(), getPriority(Number(task))]);
    process.stdout.write(JSON.stringify({ before, named }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    env: { ...process.env, UV_THREADPOOL_SIZE: "4" },
  });
  const { before, named } = JSON.parse(stdout) as { before: number; named: [string, number][] };
  const pool = named.filter(([name]) => name === "libuv-worker");
  expect(pool).toHaveLength(4);
  for (const [name, priority] of named) {
    expect(priority).toBe(name === "libuv-worker" ? Math.max(before, niceness.pool) : before);
  }
});

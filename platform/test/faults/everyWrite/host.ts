import { writeSync } from "node:fs";
import { callsOf } from "./requests.ts";
import { openSmallPlatform } from "./smallPlatform.ts";

/**
 * A process that is killed, or whose calls fail: takes the requests `first` to `until` into `dataDir`, two at a time,
 * decides them, tidies up and stops. What is acknowledged is told on standard output at once, a number a line; what
 * failed on standard error, in its own words, and by exit code 1.
 */
const [dataDir = "", first = "0", until = "0"] = process.argv.slice(2);
const atOnce = 2;

async function send(take: (calls: ReturnType<typeof callsOf>) => Promise<void>, request: number): Promise<void> {
  await take(callsOf(request));
  writeSync(1, `${request}\n`);
}

async function main(): Promise<void> {
  const platform = await openSmallPlatform(dataDir);
  try {
    const failures: unknown[] = [];
    for (let request = Number(first); request < Number(until); request += atOnce) {
      const round = [request, request + 1].filter((one) => one < Number(until));
      const sent = await Promise.allSettled(round.map((one) => send(platform.take, one)));
      failures.push(...sent.flatMap((one) => (one.status === "rejected" ? [one.reason] : [])));
      await platform.decided();
    }
    if (failures.length > 0) throw failures[0];
    await platform.tidied();
  } finally {
    await platform.close();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : "unknown"}\n`);
  process.exitCode = 1;
}

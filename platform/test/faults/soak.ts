import { randomInt } from "node:crypto";
import { runLoad } from "../../../bench/src/loadProcess.ts";
import { batchEvents, connections, quantiles } from "../../../bench/src/loadPhases.ts";
import { runProgram, type Options } from "../commandLine.ts";
import { firstTime } from "../../../bench/src/progress.ts";
import { areLatenciesJudged, growthOf, type Minute } from "./growth.ts";
import { firstOrdinalOf, growthTable, openSteady, profiles, tableOf, watched, type Steady } from "./steady.ts";

const usage = `npm run soak -- [--minutes N] [--seed N] [--events-per-second N]
  --minutes            60 by default, 6 at least
  --events-per-second  half of what it takes by default, which is measured first`;
const leastMinutes = 6;
const maxDrainMs = 5 * 60_000;

/** Half of what the platform takes, for long: memory, handles and latencies stay as they are, and all sums come out. */
async function main(given: Options): Promise<void> {
  const minutes = given.number("minutes") ?? 60;
  const steady = await openSteady(given.number("seed") ?? randomInt(2 ** 31), say);
  try {
    const rate = given.number("events-per-second") ?? Math.round(steady.capacityPerS / 2);
    say(`${minutes} minutes at ${rate} events a second`);
    const isWell = await soak(steady, minutes, rate);
    if (!isWell) process.exitCode = 1;
  } finally {
    await steady.close();
  }
}

async function soak(steady: Steady, count: number, rate: number): Promise<boolean> {
  const { server } = steady;
  const before = await server.status();
  const minutes: Minute[] = [];
  let sent = 0;
  for (let n = 0; n < count; n++) {
    const { result, seen, probes } = await watched(steady, () => runLoad(jobOf(steady, n, rate)));
    const { p50, p99 } = quantiles(result.latency);
    sent += result.acknowledged + probes;
    minutes.push({
      ...seen,
      acknowledgedPerS: (result.acknowledged * 1_000) / Math.max(1, result.lastAcknowledgedAt - result.firstSentAt),
      acknowledgedP50Ms: p50,
      acknowledgedP99Ms: p99,
      refusedBatches: result.refusedBatches,
    });
    say(`minute ${n + 1}: ${Math.round(seen.memoryMiB)} MiB, ${seen.handles} handles, p99 ${Math.round(p99)} ms`);
  }
  await firstTime(server, ({ pendingRecords }) => pendingRecords === 0, maxDrainMs);
  const after = await server.status();
  const processed = after.processedRecords - before.processedRecords;
  const growth = growthOf(minutes);
  say(tableOf(minutes));
  say(growthTable(growth));
  const isJudged = areLatenciesJudged(minutes);
  const isWell = processed === sent && growth.every(({ isGrowing }) => !isGrowing);
  say(`${sent} events acknowledged, ${processed} processed: ${isWell ? "nothing grows, all there" : "FAILED"}`);
  if (!isJudged) say("NOT PROVEN: others had the machine for most of the minutes, so that latencies tell nothing");
  return isWell && isJudged;
}

function jobOf({ target: { seed }, server }: Steady, minute: number, eventsPerSecond: number) {
  const { url, writeKey } = server;
  const kind = "events" as const;
  const load = { maxEvents: eventsPerSecond * 60, maxSeconds: 120, batchEvents, connections, eventsPerSecond };
  return { url, writeKey, seed, profiles, kind, firstOrdinal: firstOrdinalOf(minute), ...load };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await runProgram(usage, { numbers: { minutes: leastMinutes, seed: 0, "events-per-second": 1 } }, main);

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import type { LoadJob, LoadResult } from "../../../bench/src/loadJob.ts";
import { runLoad } from "../../../bench/src/loadProcess.ts";
import { batchEvents, connections } from "../../../bench/src/loadPhases.ts";
import { firstTime } from "../../../bench/src/progress.ts";
import { swingOf, type Minute } from "./growth.ts";
import { firstOrdinalOf, openSteady, profiles, tableOf, watchedMinute, type Steady } from "./steady.ts";

const usage = `npm run overload -- [--minutes N] [--seed N]
  --minutes  10 by default, 3 at least`;
const leastMinutes = 3;
/** Times of what it takes, over all sources that flood it. */
const overload = 3;
const floods = 3;
/** Of what it takes: so much the source sends that keeps within its share. */
const modestPart = 0.05;
/** Small enough to be reached soon. */
const maxPendingRecords = "100000";
const mostSwing = 0.1;
const maxDrainMs = 10 * 60_000;
const normalLagMs = 2_000;

/**
 * Several sources send three times what the platform takes, one keeps within its share: nothing acknowledged is lost, the
 * modest source is never refused, memory stays where it is, and the lag is normal again by itself afterwards.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
  const minutes = Number(values.minutes ?? 10);
  if (!(minutes >= leastMinutes)) throw new Error(`--minutes takes ${leastMinutes} and more\n${usage}`);
  process.env["C360_MAX_PENDING_RECORDS"] = maxPendingRecords;
  const steady = await openSteady(Number(values.seed ?? randomInt(2 ** 31)), say);
  try {
    const failures = await flooded(steady, minutes);
    say(failures.length === 0 ? "all is well" : failures.map((failure) => `FAILED: ${failure}`).join("\n"));
    if (failures.length > 0) process.exitCode = 1;
  } finally {
    await steady.close();
  }
}

async function flooded(steady: Steady, count: number): Promise<string[]> {
  const { server, capacityPerS } = steady;
  const keys = await Promise.all(Array.from({ length: floods + 1 }, (_, n) => createSource(steady, `flood-${n}`)));
  const [modestKey = "", ...floodKeys] = keys;
  const before = await server.status();
  const minutes: Minute[] = [];
  const total = { acknowledged: 0, modest: 0, modestRefused: 0 };
  for (let n = 0; n < count; n++) {
    const modest: { result?: LoadResult } = {};
    const minute = await watchedMinute(steady, async () => {
      const flooding = floodKeys.map((key, nth) =>
        runLoad(jobOf(steady, key, n * keys.length + nth, (capacityPerS * overload) / floods)),
      );
      const keeping = runLoad(jobOf(steady, modestKey, n * keys.length + floods, capacityPerS * modestPart));
      const results = await Promise.all(flooding);
      modest.result = await keeping;
      return merged(results);
    });
    const kept = modest.result;
    total.acknowledged += minute.sent.acknowledged + minute.probes + (kept?.acknowledged ?? 0);
    total.modest += kept?.acknowledged ?? 0;
    total.modestRefused += kept?.refusedBatches ?? 0;
    minutes.push(minute);
    say(
      `minute ${n + 1}: ${Math.round(minute.memoryMiB)} MiB, ${minute.refusedBatches} batches refused, ${minute.pending} wait`,
    );
  }
  const endedAt = Date.now();
  await firstTime(
    server,
    (status) => status.pendingRecords === 0 && Date.now() - status.analyticsAsOf < normalLagMs,
    maxDrainMs,
  );
  const { pendingRecords, processedRecords } = await server.status();
  say(tableOf(minutes));
  const processed = processedRecords - before.processedRecords;
  const swing = swingOf(minutes, ({ memoryMiB }) => memoryMiB);
  const refused = minutes.reduce((sum, minute) => sum + minute.refusedBatches, 0);
  say(
    `memory within ${(swing * 100).toFixed(1)} % of its median; ${total.acknowledged} acknowledged, ${processed} processed;`,
  );
  say(
    `the modest source: ${total.modest} taken, ${total.modestRefused} batches refused; the floods: ${refused} refused;`,
  );
  say(`normal lag ${Math.round((Date.now() - endedAt) / 1_000)} s after the end`);
  return [
    ...(processed === total.acknowledged ? [] : ["what was acknowledged is not what was processed"]),
    ...(pendingRecords === 0 ? [] : [`${pendingRecords} records still wait`]),
    ...(total.modestRefused === 0 ? [] : ["a source within its share was refused"]),
    ...(refused > 0 ? [] : ["nothing was refused: it was no overload"]),
    ...(swing <= mostSwing ? [] : [`memory went ${(swing * 100).toFixed(1)} % from its median`]),
  ];
}

async function createSource({ server }: Steady, id: string): Promise<string> {
  const headers = { authorization: server.authorization, "content-type": "application/json" };
  const response = await fetch(`${server.url}/api/sources`, {
    method: "POST",
    headers,
    body: JSON.stringify({ id, kind: "web" }),
  });
  if (response.status !== 201) throw new Error(`a source was answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { writeKey: string }).writeKey;
}

function jobOf({ target: { seed }, server: { url } }: Steady, writeKey: string, nth: number, perS: number): LoadJob {
  const eventsPerSecond = Math.round(perS);
  const load = {
    maxEvents: eventsPerSecond * 60,
    maxSeconds: 60,
    batchEvents,
    connections: Math.ceil(connections / 2),
  };
  return { url, writeKey, seed, profiles, kind: "events", firstOrdinal: firstOrdinalOf(nth), eventsPerSecond, ...load };
}

/** Of several load processes; the latencies are of the first, which sends what the others do. */
function merged(results: readonly LoadResult[]): LoadResult {
  const [first] = results;
  if (first === undefined) throw new Error("nobody sent");
  const sum = (read: (result: LoadResult) => number): number => results.reduce((all, one) => all + read(one), 0);
  return {
    ...first,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    refusedBatches: sum(({ refusedBatches }) => refusedBatches),
    toldToWaitMs: sum(({ toldToWaitMs }) => toldToWaitMs),
    lastAcknowledgedAt: Math.max(...results.map(({ lastAcknowledgedAt }) => lastAcknowledgedAt)),
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();

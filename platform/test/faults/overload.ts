import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadJob, LoadResult } from "../../../bench/src/loadJob.ts";
import { runLoad } from "../../../bench/src/loadProcess.ts";
import { batchEvents, connections, quantiles } from "../../../bench/src/loadPhases.ts";
import { runProgram, type Options } from "../commandLine.ts";
import { firstTime } from "../../../bench/src/progress.ts";
import type { ServerStatus } from "../../../bench/src/server.ts";
import { areLatenciesJudged, swingOf, type Minute } from "./growth.ts";
import { failuresOf, percent, type Outcome } from "./overloadVerdict.ts";
import { firstOrdinalOf, openSteady, profiles, tableOf, watched, type Steady } from "./steady.ts";

const usage = `npm run overload -- [--minutes N] [--seed N]
  --minutes  10 by default, 5 at least`;
/** Of five the first is for warming up. */
const leastMinutes = 5;
const minuteSeconds = 60;
/** Times of what it takes, over all sources that flood it. */
const overload = 3;
const floods = 3;
/** Of what it takes: so much the source sends that keeps within its share. */
const modestPart = 0.05;
/** Small enough to be reached soon, and that what is taken is not invisible for as long as it takes to decide more. */
const maxPendingRecords = "20000";
const maxDrainMs = 10 * 60_000;
const normalLagMs = 2_000;
const notByMinute = { acknowledgedP50Ms: null, acknowledgedP99Ms: null, refusedBatches: null };

/**
 * Several sources send three times what the platform takes, one keeps within its share: nothing acknowledged is lost, the
 * modest source is never refused nor slow, memory stays where it is, and the lag is normal again by itself afterwards.
 */
async function main(given: Options): Promise<void> {
  const minutes = given.number("minutes") ?? 10;
  process.env["C360_MAX_PENDING_RECORDS"] = maxPendingRecords;
  const steady = await openSteady(given.number("seed") ?? randomInt(2 ** 31), say);
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
  const rates = keys.map((_, n) => Math.round(capacityPerS * (n === 0 ? modestPart : overload / floods)));
  const before = await server.status();
  // One run a source for all minutes: between two there would be time to work off what waits.
  const loads = Promise.all(keys.map((key, n) => runLoad(jobOf(steady, key, n, rates[n] ?? 0, count * minuteSeconds))));
  // Awaited below; whatever fails before is told in its place.
  loads.catch(() => undefined);
  const { minutes, probes } = await watchedMinutes(steady, count, loads);
  const [modest, ...flooding] = await loads;
  if (modest === undefined) throw new Error("nobody sent");
  const endedAt = Date.now();
  const isNormal = (status: ServerStatus): boolean =>
    status.pendingRecords === 0 && Date.now() - status.analyticsAsOf < normalLagMs;
  const normalAt = await firstTime(server, isNormal, maxDrainMs);
  const after = await server.status();
  say(tableOf(minutes));
  const sum = (read: (load: LoadResult) => number): number => flooding.reduce((all, one) => all + read(one), 0);
  const outcome: Outcome = {
    acknowledged: sum(({ acknowledged }) => acknowledged) + modest.acknowledged + probes,
    processed: after.processedRecords - before.processedRecords,
    pending: after.pendingRecords,
    normalAfterMs: normalAt === null ? null : normalAt - endedAt,
    modest: modest.acknowledged,
    modestDue: (rates[0] ?? 0) * count * minuteSeconds,
    modestRefused: modest.refusedBatches,
    modestShare: Math.max(...minutes.map((minute) => shareIn(minute, rates[0] ?? 0))),
    modestP99Ms: quantiles(modest.latency).p99,
    floodsRefused: sum(({ refusedBatches }) => refusedBatches),
    isJudged: areLatenciesJudged(minutes),
    swing: swingOf(minutes, ({ memoryMiB }) => memoryMiB),
  };
  tell(outcome);
  return failuresOf(outcome);
}

/** Of an even share of what was taken in a minute. */
function shareIn({ acknowledgedPerS }: Minute, perS: number): number {
  return (perS * (floods + 1)) / Math.max(1, acknowledgedPerS);
}

async function watchedMinutes(
  steady: Steady,
  count: number,
  loads: Promise<unknown>,
): Promise<{ minutes: Minute[]; probes: number }> {
  const minutes: Minute[] = [];
  let probes = 0;
  // A load that fails ends the minute.
  const minute = (): Promise<unknown> => Promise.race([sleep(minuteSeconds * 1_000), loads]);
  for (let n = 0; n < count; n++) {
    const [from, { acceptedRecords }] = [Date.now(), await steady.server.status()];
    const of = await watched(steady, minute);
    const accepted = (await steady.server.status()).acceptedRecords - acceptedRecords;
    const acknowledgedPerS = (accepted * 1_000) / (Date.now() - from);
    probes += of.probes;
    minutes.push({ ...of.seen, acknowledgedPerS, ...notByMinute });
    say(`minute ${n + 1}: ${Math.round(of.seen.memoryMiB)} MiB, ${of.seen.pending} wait at most`);
  }
  return { minutes, probes };
}

function tell(outcome: Outcome): void {
  const { acknowledged, processed, modest, modestDue, modestRefused, modestP99Ms, floodsRefused, swing } = outcome;
  say(`memory within ${percent(swing)} of its median; ${acknowledged} acknowledged, ${processed} processed;`);
  say(
    `the modest source: ${modest} of ${modestDue} taken, p99 ${Math.round(modestP99Ms)} ms, ${modestRefused} refused; ${percent(outcome.modestShare)} of an even share in the worst minute;`,
  );
  say(`the floods: ${floodsRefused} batches refused;`);
  if (outcome.normalAfterMs !== null) say(`normal lag ${(outcome.normalAfterMs / 1_000).toFixed(1)} s after the end`);
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

function jobOf(steady: Steady, writeKey: string, nth: number, perS: number, seconds: number): LoadJob {
  return {
    url: steady.server.url,
    writeKey,
    seed: steady.target.seed,
    profiles,
    kind: "events",
    firstOrdinal: firstOrdinalOf(nth * Math.ceil(seconds / minuteSeconds)),
    maxEvents: perS * seconds,
    maxSeconds: seconds,
    eventsPerSecond: perS,
    batchEvents,
    connections: Math.ceil(connections / 2),
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await runProgram(usage, { numbers: { minutes: leastMinutes, seed: 0 } }, main);

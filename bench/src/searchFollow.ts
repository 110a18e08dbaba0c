import { setTimeout as sleep } from "node:timers/promises";
import { basic, openConnections, type Connections } from "./connections.ts";
import { latencyHistogram } from "./latencyHistogram.ts";
import { batchEvents, connections, quantiles, type Portion, type Target } from "./loadPhases.ts";
import { runLoad } from "./loadProcess.ts";
import type { SearchFollow } from "./measurements.ts";
import { firstTime, followed } from "./progress.ts";
import { drawsAt } from "./seededDraws.ts";
import { cpuSince } from "./threadCpu.ts";

/** The rate at which search is to be at most a second behind. */
export const followEventsPerS = 5_000;
/** Asking takes time from following: it is the same thread's. */
const pollEveryMs = 25;
const letters = "abcdefghijklmnopqrstuvwxyz";
const nameLetters = 12;
/** Probes start at no fixed beat, or they could march in step with the follower. */
const maxGapMs = 100;
const maxMissingMs = 60_000;
const maxDrainMs = 10 * 60_000;

/** Sends on a timetable, and meanwhile makes new customers, one after the other, and searches for each until found. */
export async function followSearch(target: Target, portion: Portion): Promise<SearchFollow> {
  const { server, seed, profiles } = target;
  const { url, writeKey } = server;
  await followed(server);
  const before = server.cpu();
  const writing = openConnections(url, basic(writeKey), 1);
  const asking = openConnections(url, server.authorization, 1);
  const latencies = latencyHistogram();
  const draws = drawsAt(seed, Date.now());
  let isOver = false;
  const probing = (async (): Promise<void> => {
    while (!isOver) {
      // Unlike one another, or each question would also look at all earlier ones as its slips of the pen.
      const name = `Probe${Array.from({ length: nameLetters }, () => letters[draws.below(letters.length)]).join("")}`;
      await sleep(draws.fraction() * maxGapMs);
      const call = { userId: name, messageId: `search-${name}`, traits: { name } };
      const sentAt = performance.now();
      await written(writing, "/v1/identify", call);
      while (
        !(await written(asking, "/api/profiles/search", { q: name, limit: 1 })).includes(`"displayName":"${name}"`)
      ) {
        if (performance.now() - sentAt > maxMissingMs) throw new Error(`search missed an event for ${maxMissingMs} ms`);
        await sleep(pollEveryMs);
      }
      latencies.recordMs(performance.now() - sentAt);
    }
  })();
  // It is awaited at the end; until then a failure must not end the process.
  probing.catch(() => undefined);
  const job = {
    ...portion,
    maxSeconds: portion.maxSeconds * 3,
    url,
    writeKey,
    seed,
    profiles,
    batchEvents,
    connections,
  };
  const sent = await runLoad({ ...job, eventsPerSecond: followEventsPerS });
  isOver = true;
  try {
    await probing;
  } finally {
    writing.close();
    asking.close();
  }
  if ((await firstTime(server, (status) => status.pendingRecords === 0, maxDrainMs)) === null) {
    throw new Error(`still records pending ${maxDrainMs / 60_000} minutes later`);
  }
  const cpuMs = cpuSince(before, server.cpu())["search"];
  return {
    eventsPerS: followEventsPerS,
    acknowledgedPerS: (sent.acknowledged * 1_000) / (sent.lastAcknowledgedAt - sent.firstSentAt),
    foundMs: quantiles(latencies.pack()),
    cpuUsPerEvent: cpuMs === undefined ? null : (cpuMs * 1_000) / sent.acknowledged,
  };
}

async function written(to: Connections, path: string, content: object): Promise<string> {
  const { status, body } = await to.post(path, Buffer.from(JSON.stringify(content)));
  if (status !== 200) throw new Error(`a probe was answered ${status}: ${body.slice(0, 300)}`);
  return body;
}

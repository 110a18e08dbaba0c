import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { openEventLogReader } from "../adapters/embedded/eventLog/reader.ts";
import { listSegments } from "../adapters/embedded/eventLog/segmentFiles.ts";
import { openMessageIndex } from "../adapters/embedded/messages/messageIndex.ts";
import { openDecided } from "../adapters/embedded/decided.ts";
import { openStateStore } from "../adapters/embedded/state/stateStore.ts";
import { createIngestionLoop, gathersForMs, recordsAt } from "../ingestion/index.ts";
import { defaultIdentityRules } from "../identity/index.ts";
import { keyedHash } from "../model/keyedHash.ts";
import type { Position } from "../model/position.ts";
import { foldedWith } from "./foldedWith.ts";
import type { FromIngestion, IngestionThreadData, ToIngestion } from "./ingestionMessages.ts";
import { placesOfErrors } from "./stackInSources.ts";

/** The ingestion worker: the only writer of the state file. It hears how far the log is durable and decides up to there. */
const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const say = (message: FromIngestion): void => port.postMessage(message);
const data = workerData as IngestionThreadData;

const hash = keyedHash(data.hashKey);
const log = openEventLogReader(data.logDirectory);
const lookups = openEventLogReader(data.logDirectory);
const store = openStateStore({ file: data.stateFile, hash, foldedWith: foldedWith(data.homeCurrency) });
const decided = openDecided({ file: data.stateFile, hash, homeCurrency: data.homeCurrency });
const [firstSegment = 0] = await listSegments(data.logDirectory);
const messages = await openMessageIndex({
  directory: data.messagesDirectory,
  log: lookups,
  decided: await store.position(),
  keptFrom: (await store.kept()).from,
  firstSegment,
  notProcessed: decided.notProcessed,
});
decided.close();

const thrownAt = placesOfErrors();
const utcMs = (): number => performance.timeOrigin + performance.now();
/** The batch under way: when it began to be read, or the part before it was decided. */
let startedAt = utcMs();
const timedLog: typeof log = {
  read: (...wanted) => {
    startedAt = utcMs();
    return log.read(...wanted);
  },
  at: (position) => log.at(position),
  close: () => log.close(),
};

const stopping = new AbortController();
async function sleepUnlessStopped(ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
}
const loop = await createIngestionLoop({
  log: timedLog,
  store,
  messages,
  recordsAt: (positions) => recordsAt(lookups, positions),
  hash,
  rules: defaultIdentityRules,
  homeCurrency: data.homeCurrency,
  maxPendingRecords: data.maxPendingRecords,
  now: Date.now,
  onDecided: (position, records, outcome) => {
    const endedAt = utcMs();
    say({ kind: "decided", position, records, outcome, startedAt, endedAt });
    startedAt = endedAt;
  },
  onTrouble: (error) => say({ kind: "trouble", message: troubleMessage(error) }),
  sleep: sleepUnlessStopped,
});

let wanted: Position = 0;
let isShort = false;
let running: Promise<void> | null = null;
let beganAt = Number.NEGATIVE_INFINITY;
let removing: Promise<void> = Promise.resolve();

async function runToWanted(): Promise<void> {
  let reached = -1;
  while (reached < wanted) {
    const waitMs = gathersForMs(performance.now() - beganAt, isShort);
    if (waitMs > 0) await sleepUnlessStopped(waitMs);
    beganAt = performance.now();
    reached = wanted;
    await loop.run(wanted);
  }
  running = null;
}

async function close(): Promise<void> {
  loop.stop();
  stopping.abort();
  await running;
  await removing.catch(() => undefined);
  await messages.close();
  await store.close();
  await log.close();
  await lookups.close();
  say({ kind: "closed" });
  port?.close();
}

async function answer(call: number, keys: readonly string[]): Promise<void> {
  try {
    say({ kind: "positions", call, positions: await messages.firstPositions(keys) });
  } catch (error) {
    say({ kind: "trouble", message: troubleMessage(error) });
    say({ kind: "positions", call, positions: null });
  }
}

async function removeMessages(call: number, segment: number): Promise<void> {
  try {
    removing = messages.removeSegment(segment);
    await removing;
    say({ kind: "messagesRemoved", call, failure: null });
  } catch (error) {
    say({ kind: "messagesRemoved", call, failure: troubleMessage(error) });
  }
}

port.on("message", (message: ToIngestion) => {
  if (message.kind === "durable") {
    wanted = Math.max(wanted, message.end);
    ({ isShort } = message);
    running ??= runToWanted();
  } else if (message.kind === "followed") store.releaseFeed(message.version);
  else if (message.kind === "removeMessages") void removeMessages(message.call, message.segment);
  else if (message.kind === "find") void answer(message.call, message.keys);
  else void close();
});
say({ kind: "ready", position: await store.position() });

/** Errors of the stores name files and codes; messages of other errors could quote an event, so only their kind goes out. */
function troubleMessage(error: unknown): string {
  if (!(error instanceof Error)) return "unknown trouble";
  return "code" in error ? `${error.message} (${String(error.code)})` : `${error.name} ${thrownAt(error)}`;
}

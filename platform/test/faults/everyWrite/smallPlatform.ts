import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openAccessStore } from "../../../src/adapters/embedded/accessStore.ts";
import { openDecided } from "../../../src/adapters/embedded/decided.ts";
import { lockDirectory } from "../../../src/adapters/embedded/directoryLock.ts";
import { startArchiver } from "../../../src/adapters/embedded/eventLog/archiver.ts";
import { nodeDisk } from "../../../src/adapters/embedded/eventLog/disk.ts";
import { openEventLogReader } from "../../../src/adapters/embedded/eventLog/reader.ts";
import { openEventLog } from "../../../src/adapters/embedded/eventLog/writer.ts";
import { openMessageIndex } from "../../../src/adapters/embedded/messages/messageIndex.ts";
import { openStateStore } from "../../../src/adapters/embedded/state/stateStore.ts";
import type { EventBuffer } from "../../../src/buffer/eventBuffer.ts";
import { createGateway } from "../../../src/gateway/gateway.ts";
import { defaultIdentityRules } from "../../../src/identity/index.ts";
import { createIngestionLoop, recordsAt } from "../../../src/ingestion/index.ts";
import type { JsonObject } from "../../../src/model/event.ts";
import { keyedHash, type KeyedHash } from "../../../src/model/keyedHash.ts";
import type { Position } from "../../../src/model/position.ts";
import { pendingRecords } from "../../../src/runtime/backlog.ts";
import { dataPaths, hashKeyOf, makeDataDirectory, type DataPaths } from "../../../src/runtime/dataDirectory.ts";
import { foldedWith } from "../../../src/runtime/foldedWith.ts";

export const homeCurrency = "GBP";
/** So small that a handful of requests seals some. */
const segmentBytes = 6_000;
const retryMs = 5;
/** A disk that fails again and again: then whoever waits is told. */
const mostTroubles = 4;
const archivePollMs = 2;
const lookEveryMs = 2;
const source = { id: "web", name: "Web", kind: "web", enabled: true, maxEventsPerSecond: null, createdAt: 0 } as const;

/** Access, gateway, log, archiving, ingestion, state and message index: in this thread, and nothing follows. */
export interface SmallPlatform {
  /** Durable when it resolves; rejects as the gateway does. */
  take(calls: readonly JsonObject[]): Promise<void>;
  /** Everything taken before is decided. Rejects with what that failed of again and again. */
  decided(): Promise<void>;
  /** Every sealed segment is archived, and its keys lie in the index. Rejects as {@link decided}. */
  tidied(): Promise<void>;
  close(): Promise<void>;
}

type Closing = (() => Promise<void> | void)[];

/** The runtime's own parts, in the order in which its `openStages` opens them. */
export async function openSmallPlatform(dataDir: string): Promise<SmallPlatform> {
  makeDataDirectory(dataDir);
  const closing: Closing = [];
  const close = async (): Promise<void> => {
    for (const part of closing.splice(0).toReversed()) await part();
  };
  try {
    return { ...(await openOn(dataDir, closing)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openOn(dataDir: string, closing: Closing): Promise<Omit<SmallPlatform, "close">> {
  const lock = await lockDirectory(dataDir);
  closing.push(() => lock.release());
  const paths = dataPaths(dataDir);
  const hash = keyedHash(await hashKeyOf(paths));
  const access = await openAccessStore(paths.access, { now: Date.now, randomBytes });
  closing.push(() => access.close());
  const troubles: unknown[] = [];
  const fail = (error: unknown): void => void troubles.push(...Array<unknown>(mostTroubles).fill(error));
  const told: { durable: (end: Position) => void } = { durable: () => undefined };
  const log = await openEventLog({ directory: paths.log, segmentBytes, onDurable: (end) => told.durable(end) });
  closing.push(() => log.close());
  const archiver = startArchiver({
    directory: paths.log,
    limits: { afterMs: 0, beyondBytes: null },
    disk: nodeDisk,
    now: Date.now,
    // It would try again in a minute.
    onTrouble: (message) => fail(new Error(message)),
    idlePollMs: archivePollMs,
  });
  closing.push(() => archiver.close());
  const backlog = pendingRecords(Date.now);
  const deciding = await openDeciding({ paths, hash, troubles, fail, onDecided: backlog.decided }, closing);
  told.durable = deciding.advance;
  const append: EventBuffer["append"] = async (records) => {
    const positions = await log.append(records);
    backlog.added(source.id, records.length);
    return positions;
  };
  let made = 0;
  const newMessageId = (): string => `made-${++made}`;
  const gateway = createGateway({ append, access, hash, now: Date.now, newMessageId, backlog });
  const holds = async (isThere: () => Promise<boolean> | boolean): Promise<void> => {
    while (!(await isThere())) {
      if (troubles.length >= mostTroubles) throw troubles.at(-1);
      await sleep(lookEveryMs);
    }
  };
  deciding.advance(log.end());
  return {
    take: async (calls) => void (await gateway.submit(source, calls, "live")),
    decided: () => holds(() => deciding.reached() >= log.end()),
    tidied: async () => {
      await deciding.messages.sealed();
      await deciding.messages.settled();
      await holds(async () => (await archiver.tiers()).plain.files === 0);
    },
  };
}

interface DecidingParts {
  paths: DataPaths;
  hash: KeyedHash;
  troubles: unknown[];
  fail: (error: unknown) => void;
  onDecided: (records: number) => void;
}

/** As the ingestion thread does it. */
async function openDeciding({ paths, hash, troubles, fail, onDecided }: DecidingParts, closing: Closing) {
  const store = openStateStore({ file: paths.state, hash, foldedWith: foldedWith(homeCurrency) });
  closing.push(() => store.close());
  const [log, lookups] = [openEventLogReader(paths.log), openEventLogReader(paths.log)];
  closing.push(
    () => log.close(),
    () => lookups.close(),
  );
  const known = openDecided({ file: paths.state, hash, homeCurrency });
  const { notProcessed } = known;
  let at = await store.position();
  const index = { directory: paths.messages, log: lookups, decided: at, notProcessed };
  const messages = await openMessageIndex(index).finally(() => known.close());
  closing.push(() => messages.close());
  const loop = await createIngestionLoop({
    log,
    store,
    messages,
    recordsAt: (positions) => recordsAt(lookups, positions),
    hash,
    rules: defaultIdentityRules,
    homeCurrency,
    now: Date.now,
    onDecided: (position, records) => {
      at = position;
      onDecided(records);
    },
    onTrouble: (error) => troubles.push(error),
    sleep: () => sleep(retryMs),
  });
  let wanted: Position = 0;
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    for (let reached = -1; reached < wanted;) {
      reached = wanted;
      await loop.run(wanted);
    }
    running = null;
  };
  closing.push(async () => {
    loop.stop();
    await running;
  });
  const advance = (end: Position): void => {
    wanted = Math.max(wanted, end);
    running ??= run().catch(fail);
  };
  return { messages, advance, reached: () => at };
}

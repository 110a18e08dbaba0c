import { openDecided } from "../../src/adapters/embedded/decided.ts";
import { openEventLogReader } from "../../src/adapters/embedded/eventLog/reader.ts";
import { recordsFrom } from "../../src/adapters/embedded/eventLog/summary.ts";
import type { BufferRecord, EventBuffer, EventBufferReader } from "../../src/buffer/eventBuffer.ts";
import { createGateway, type Gateway } from "../../src/gateway/gateway.ts";
import { createIngestionLoop, pendingMessages, recordsAt, type PendingMessages } from "../../src/ingestion/index.ts";
import type { Position } from "../../src/model/position.ts";
import { Problem } from "../../src/model/problem.ts";
import { noSource, pendingRecords, type PendingRecords } from "../../src/runtime/backlog.ts";
import { slowestFollower } from "../../src/runtime/slowestFollower.ts";
import type { Decided } from "../../src/storage/followed.ts";
import type { IdentityAndProfiles } from "../../src/storage/identityAndProfiles.ts";
import type { MessageIndex } from "../../src/storage/messageIndex.ts";
import { simulatedCopier, simulatedSearch, type CopiedRows, type SimulatedFollower } from "./followers.ts";
import { beginLife, type Life } from "./gates.ts";
import { inSmallBatches, openLog, openMessages, outsideOf } from "./opening.ts";
import { firstRules } from "./simulatedRules.ts";
import { simulatedState } from "./stateFile.ts";
import { hash, homeCurrency, logFolder, searchFileOf, stateFileOf, type World } from "./world.ts";

export interface Promised {
  record: BufferRecord;
  position: Position;
}

/** What one process has open; in the order in which `openStages` of the runtime opens it. */
export interface Running {
  log: EventBuffer;
  store: IdentityAndProfiles;
  messages: MessageIndex;
  /** Of this process alone; outside of the schedule. */
  lookups: EventBufferReader;
  backlog: PendingRecords;
  undecided: PendingMessages;
  gateway: Gateway;
  /** As people's words and rules come in. */
  append: (records: readonly BufferRecord[]) => Promise<Position[]>;
  followers: readonly SimulatedFollower[];
  isDeciding: () => boolean;
}

/** From its start on; it runs once `running` is there. */
export interface Process {
  readonly life: Life;
  running: Running | null;
  /** Why it ended by itself, which a supervisor makes up for by another start. */
  failure: unknown;
  /** Nothing more is taken until another start. */
  logFailed: boolean;
  /** What was answered with success, until somebody looks. */
  readonly promised: Promised[];
  /** Gives back what the system would of a process that is gone. */
  close(): void;
}

export function startProcess(world: World, copied: CopiedRows): Process {
  const life = beginLife();
  const closing: (() => void)[] = [];
  const process: Process = {
    life,
    running: null,
    failure: null,
    logFailed: false,
    promised: [],
    close: () => {
      for (const close of closing.splice(0).toReversed()) close();
    },
  };
  const start = async (): Promise<void> => {
    try {
      process.running = await open(world, process, copied, closing);
    } catch (error) {
      process.failure = error;
    }
  };
  void start();
  return process;
}

/** In the order in which `openStages` of the runtime does it. */
async function open(world: World, process: Process, copied: CopiedRows, closing: (() => void)[]): Promise<Running> {
  const told: Told = { advance: () => undefined, decided: () => undefined };
  const stores = await openStores(world, process.life, (end) => told.advance(end), closing);
  const { log, store, lookups, messages, decided } = stores;
  const backlog = pendingRecords(() => world.now);
  told.decided = (_position, records) => backlog.decided(records);
  const ingestion = await startDeciding(world, process, { ...stores, onDecided: (...of) => told.decided(...of) });
  const from = await store.position();
  backlog.added(noSource, await countedFrom(world, process.life, from));
  const undecided = pendingMessages({ log: lookups, from, until: log.end() });
  told.decided = (position, records) => {
    backlog.decided(records);
    undecided.decided(position);
  };
  told.advance = ingestion.advance;
  const followers = openFollowers(world, process, { copied, decided, store });
  closing.push(() => followers.forEach((follower) => follower.close()));
  const edge = openEdge(world, process, { log, backlog, undecided });
  ingestion.advance(log.end());
  return { log, store, messages, lookups, backlog, undecided, ...edge, followers, isDeciding: ingestion.isRunning };
}

/** Records that an earlier process left undecided. */
function countedFrom(world: World, life: Life, from: Position): Promise<number> {
  return world.gates.alongside(life, () => recordsFrom(logFolder(world), from));
}

/** What is started later than what has to tell it something. */
interface Told {
  advance: (end: Position) => void;
  decided: (position: Position, records: number) => void;
}

interface Stores {
  log: EventBuffer;
  /** Of ingestion alone. */
  reader: EventBufferReader;
  lookups: EventBufferReader;
  store: IdentityAndProfiles;
  decided: Decided;
  messages: MessageIndex;
}

async function openStores(
  world: World,
  life: Life,
  onDurable: (end: Position) => void,
  closing: (() => void)[],
): Promise<Stores> {
  const { gates, temper } = world;
  const log = await openLog(world, life, onDurable);
  const reader = openEventLogReader(logFolder(world));
  const lookups = outsideOf(world, life, openEventLogReader(logFolder(world)));
  closing.push(
    () => void reader.close(),
    () => void lookups.close(),
  );
  const feedLimits = { slackEntries: temper.feedSlack, maxEntries: temper.feedMost, maxPrunedEntries: 5 };
  const state = await gates.pass(life, "the state opens", () =>
    simulatedState({ gates, life }, { file: stateFileOf(world), feedLimits }),
  );
  closing.push(state.close);
  const decided = openDecided({ file: stateFileOf(world), hash, homeCurrency });
  closing.push(() => decided.close());
  const { store } = state;
  const messages = await openMessages(world, life, { lookups, store, decided });
  return { log, reader, lookups, store, decided, messages };
}

async function startDeciding(
  world: World,
  process: Process,
  { reader, lookups, store, messages, onDecided }: Stores & { onDecided: Told["decided"] },
): Promise<{ advance(end: Position): void; isRunning(): boolean }> {
  const { life } = process;
  const { gates } = world;
  const loop = await createIngestionLoop({
    log: inSmallBatches(world, life, reader),
    store,
    messages,
    recordsAt: (positions) => gates.alongside(life, () => recordsAt(lookups, positions)),
    hash,
    rules: firstRules,
    homeCurrency,
    now: () => world.now,
    onDecided,
    onTrouble: () => undefined,
    sleep: (ms) =>
      gates.pass(life, "ingestion waits", () => {
        world.now += ms;
      }),
  });
  return decidingInTurn(loop, (error) => {
    process.failure = error;
  });
}

/** Where what is sent comes in. */
function openEdge(
  world: World,
  process: Process,
  { log, backlog, undecided }: Pick<Running, "log" | "backlog" | "undecided">,
): Pick<Running, "gateway" | "append"> {
  const keep = async (records: readonly BufferRecord[], source: string): Promise<Position[]> => {
    const positions = await log.append(records).catch((error: unknown) => {
      process.logFailed ||= error instanceof Problem && error.code === "log_failed";
      throw error;
    });
    backlog.added(source, records.length);
    undecided.add(
      records.map(({ message }) => message),
      positions,
    );
    return positions;
  };
  const promise = (records: readonly BufferRecord[], positions: readonly Position[]): void => {
    for (const [index, record] of records.entries()) {
      process.promised.push({ record, position: positions[index] as Position });
    }
  };
  const gateway = createGateway({
    append: (records, source) => keep(records, source.id),
    access: world.access,
    hash,
    now: () => world.now,
    newMessageId: () => `made-${++world.made}`,
    backlog,
    maxPendingRecords: world.temper.maxPendingRecords,
    hasRoom: () => world.hasRoom,
    onTaken: (_calls, records) => (positions) => promise(records, positions),
  });
  const append: Running["append"] = async (records) => {
    const positions = await keep(records, noSource);
    promise(records, positions);
    return positions;
  };
  return { gateway, append };
}

/** As the ingestion thread drives the loop. */
function decidingInTurn(
  loop: { run(end: Position): Promise<void> },
  onDeath: (error: unknown) => void,
): { advance(end: Position): void; isRunning(): boolean } {
  let wanted: Position = 0;
  let isRunning = false;
  const run = async (): Promise<void> => {
    for (let reached = -1; reached < wanted;) {
      reached = wanted;
      await loop.run(wanted);
    }
    isRunning = false;
  };
  return {
    advance: (end) => {
      wanted = Math.max(wanted, end);
      if (isRunning) return;
      isRunning = true;
      run().catch(onDeath);
    },
    isRunning: () => isRunning,
  };
}

function openFollowers(
  world: World,
  { life }: Process,
  { copied, decided, store }: { copied: CopiedRows; decided: Decided; store: IdentityAndProfiles },
): SimulatedFollower[] {
  const { gates } = world;
  const followed = slowestFollower(["search", "copier"], (version) => store.releaseFeed(version));
  const parts = { gates, life, decided, now: () => world.now };
  return [
    simulatedSearch(searchFileOf(world), { ...parts, onFollowed: (version) => followed("search", version) }),
    simulatedCopier(copied, { ...parts, onFollowed: (version) => followed("copier", version) }),
  ];
}

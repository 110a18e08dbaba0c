import { existsSync } from "node:fs";
import { join } from "node:path";
import { openDecided } from "../../src/adapters/embedded/decided.ts";
import { openEventLogReader } from "../../src/adapters/embedded/eventLog/reader.ts";
import { recordsFrom } from "../../src/adapters/embedded/eventLog/summary.ts";
import { openEventLog } from "../../src/adapters/embedded/eventLog/writer.ts";
import { openMessageIndex } from "../../src/adapters/embedded/messages/messageIndex.ts";
import type { BufferRecord, EventBuffer, EventBufferReader } from "../../src/buffer/eventBuffer.ts";
import { createGateway, type Gateway } from "../../src/gateway/gateway.ts";
import { defaultIdentityRules } from "../../src/identity/index.ts";
import { createIngestionLoop, pendingMessages, recordsAt, type PendingMessages } from "../../src/ingestion/index.ts";
import type { Position } from "../../src/model/position.ts";
import { Problem } from "../../src/model/problem.ts";
import { hash32 } from "../../src/simulator/draws.ts";
import { noSource, pendingRecords, type PendingRecords } from "../../src/runtime/backlog.ts";
import { slowestFollower } from "../../src/runtime/slowestFollower.ts";
import type { Decided } from "../../src/storage/followed.ts";
import type { IdentityAndProfiles } from "../../src/storage/identityAndProfiles.ts";
import type { MessageIndex } from "../../src/storage/messageIndex.ts";
import { simulatedCopier, simulatedSearch, type CopiedRows, type SimulatedFollower } from "./followers.ts";
import type { Life } from "./gates.ts";
import { simulatedState } from "./stateFile.ts";
import { hash, homeCurrency, type World } from "./world.ts";

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

export function logFolder({ folder }: World): string {
  return join(folder, "log");
}
export function stateFileOf({ folder }: World): string {
  return join(folder, "state.sqlite");
}
export function searchFileOf({ folder }: World): string {
  return join(folder, "search.sqlite");
}

export function startProcess(world: World, number: number, copied: CopiedRows): Process {
  const life: Life = { number, isOver: false };
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
  const fail = (error: unknown): void => {
    process.failure = error;
  };
  open(world, process, copied, closing).then((running) => {
    process.running = running;
  }, fail);
  return process;
}

async function open(world: World, process: Process, copied: CopiedRows, closing: (() => void)[]): Promise<Running> {
  const { life } = process;
  const { gates, temper } = world;
  const now = (): number => world.now;
  const deciding: { advance: (end: Position) => void } = { advance: () => undefined };
  const log = await openLog(world, life, (end) => deciding.advance(end));
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
  const { store } = state;
  const decided = openDecided({ file: stateFileOf(world), hash, homeCurrency });
  closing.push(() => decided.close());
  const messages = await openMessages(world, life, { lookups, store, decided });
  const backlog = pendingRecords(now);
  const told: { undecided: PendingMessages | null } = { undecided: null };
  const loop = await createIngestionLoop({
    log: inSmallBatches(world, life, reader),
    store,
    messages,
    recordsAt: (positions) => gates.alongside(life, () => recordsAt(lookups, positions)),
    hash,
    rules: defaultIdentityRules,
    homeCurrency,
    now,
    onDecided: (position, records) => {
      backlog.decided(records);
      told.undecided?.decided(position);
    },
    onTrouble: () => undefined,
    sleep: (ms) =>
      gates.pass(life, "ingestion waits", () => {
        world.now += ms;
      }),
  });
  const from = await store.position();
  backlog.added(noSource, await gates.alongside(life, () => recordsFrom(logFolder(world), from)));
  const undecided = pendingMessages({ log: lookups, from, until: log.end() });
  told.undecided = undecided;
  const run = decidingInTurn(loop, (error) => {
    process.failure = error;
  });
  deciding.advance = run.advance;
  const followers = openFollowers(world, process, { copied, decided, store });
  closing.push(() => followers.forEach((follower) => follower.close()));
  const keep = async (records: readonly BufferRecord[], source: string): Promise<Position[]> => {
    const positions = await log.append(records).catch((error: unknown) => {
      process.logFailed ||= error instanceof Problem && error.code === "log_failed";
      throw error;
    });
    backlog.added(source, records.length);
    undecided.add(records, positions);
    return positions;
  };
  const promise = (records: readonly BufferRecord[], positions: readonly Position[]): void => {
    for (const [index, record] of records.entries()) {
      process.promised.push({ record, position: positions[index] as Position });
    }
  };
  const gateway = createGateway({
    append: keep,
    access: world.access,
    hash,
    now,
    newMessageId: () => `made-${++world.made}`,
    backlog,
    maxPendingRecords: temper.maxPendingRecords,
    hasRoom: () => world.hasRoom,
    onAppended: (_calls, records, positions) => promise(records, positions),
  });
  const append: Running["append"] = async (records) => {
    const positions = await keep(records, noSource);
    promise(records, positions);
    return positions;
  };
  run.advance(log.end());
  const isDeciding = run.isRunning;
  return { log, store, messages, lookups, backlog, undecided, gateway, append, followers, isDeciding };
}

async function openLog(world: World, life: Life, onDurable: (end: Position) => void): Promise<EventBuffer> {
  const { gates, disk, temper } = world;
  let fault: Parameters<typeof disk.opening>[0] = null;
  const opened: { log: EventBuffer | null } = { log: null };
  const work = (): Promise<void> =>
    disk.opening(fault, async () => {
      opened.log = await openEventLog({
        directory: logFolder(world),
        segmentBytes: temper.segmentBytes,
        maxPendingBytes: temper.maxPendingBytes,
        onDurable,
        now: () => world.now,
        salt: () => hash32(world.seed, ++world.made, 2),
        disk: disk.of(life),
      });
    });
  const setFault = (draw: number): string => {
    fault = { nth: 1 + (draw % 12), kind: (["fails", "lostAnswer", "crash"] as const)[draw % 3] ?? "fails" };
    return `${fault.kind} at its operation ${fault.nth}`;
  };
  await gates.pass(life, "the log opens", work, { setFault });
  return opened.log as EventBuffer;
}

/** Its tree lies in memory; the files of its filters are real. */
async function openMessages(
  world: World,
  life: Life,
  { lookups, store, decided }: { lookups: EventBufferReader; store: IdentityAndProfiles; decided: Decided },
): Promise<MessageIndex> {
  const { gates, tree } = world;
  const setFault = (draw: number): string => {
    const kind = (["fails", "lostAnswer", "crash"] as const)[draw % 3] ?? "fails";
    tree.fail({ nth: 1 + (draw % 4), kind });
    return `${kind} at its write ${1 + (draw % 4)}`;
  };
  const position = await store.position();
  const withoutFault = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } finally {
      tree.fail(null);
    }
  };
  const onCrash = (): void => {
    life.isOver = true;
  };
  const directory = join(world.folder, "messages");
  const index = await gates.pass(
    life,
    "the message index opens",
    () =>
      withoutFault(() =>
        openMessageIndex({
          directory,
          log: lookups,
          decided: position,
          notProcessed: decided.notProcessed,
          schedule: smallFilters,
          openTree: async () => tree.open(onCrash),
        }),
      ),
    { setFault },
  );
  return {
    ...index,
    firstPositions: (keys) => gates.alongside(life, () => index.firstPositions(keys)),
    remember: (entries) =>
      gates.pass(life, "messages are remembered", () => withoutFault(() => index.remember(entries)), { setFault }),
  };
}

const smallFilters = { capacityOf: (tier: number) => 32 * 2 ** tier, bitsPerKeyOf: () => 12, maxTiers: 8 };

/** Batches end where the schedule wants. */
function inSmallBatches({ gates, temper }: World, life: Life, reader: EventBufferReader): EventBufferReader {
  return {
    read: (from, until, maxRecords, maxBytes) =>
      gates.pass(life, "ingestion reads", () =>
        reader.read(from, until, Math.min(maxRecords, temper.maxBatchRecords), maxBytes),
      ),
    at: (position) => gates.alongside(life, () => reader.at(position)),
    close: () => reader.close(),
  };
}

/** Its reads take real time, and the schedule waits for them. */
function outsideOf({ gates }: World, life: Life, reader: EventBufferReader): EventBufferReader {
  return {
    read: (...given) => gates.alongside(life, () => reader.read(...given)),
    at: (position) => gates.alongside(life, () => reader.at(position)),
    close: () => reader.close(),
  };
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

/** Whether there is anything of the state yet. */
export function hasState(world: World): boolean {
  return existsSync(stateFileOf(world));
}

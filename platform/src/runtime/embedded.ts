import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openAccessStore } from "../adapters/embedded/accessStore.ts";
import { startAnalytics, type EmbeddedAnalytics } from "../adapters/embedded/analytics/client.ts";
import { openEventLogReader } from "../adapters/embedded/eventLog/reader.ts";
import { recordsFrom } from "../adapters/embedded/eventLog/summary.ts";
import { openEventLog } from "../adapters/embedded/eventLog/writer.ts";
import { fatesOver } from "../adapters/embedded/state/fates.ts";
import { sourceActivityOver } from "../adapters/embedded/state/sourceActivity.ts";
import { peopleOver } from "../adapters/embedded/state/people.ts";
import { openStateReader } from "../adapters/embedded/state/schema.ts";
import type { Services } from "../api/services.ts";
import type { BufferRecord, EventBuffer, EventBufferReader } from "../buffer/eventBuffer.ts";
import { createGateway, type Gateway } from "../gateway/gateway.ts";
import { defaultIdentityRules, identifierOrder, identityReads } from "../identity/index.ts";
import { fateReader, pendingMessages, rejectionReader, type PendingMessages } from "../ingestion/index.ts";
import { keyedHash, type KeyedHash } from "../model/keyedHash.ts";
import type { Position } from "../model/position.ts";
import type { Source } from "../model/source.ts";
import { Problem } from "../model/problem.ts";
import { platformVersion } from "../model/version.ts";
import { profileReads } from "../profiles/index.ts";
import type { AccessStore } from "../storage/access.ts";
import type { Fates } from "../storage/fates.ts";
import type { SourceActivities } from "../storage/sourceActivity.ts";
import type { People } from "../storage/people.ts";
import { dataPaths, hashKeyOf, makeDataDirectory, type DataPaths } from "./dataDirectory.ts";
import { tellingDiskFull } from "./diskFull.ts";
import { lockDirectory, type DirectoryLock } from "../adapters/embedded/directoryLock.ts";
import { startIngestion, type Ingestion } from "./ingestion.ts";
import { platformMeters, type Meters } from "./meters.ts";
import { replayer, type ReplayParts } from "./replay.ts";
import { fateView, healthView, identityService, rejectionView } from "./services.ts";
import { startStream, type EmbeddedStream } from "./stream.ts";
import type { Settings } from "./settings.ts";
import { slowestFollower } from "./slowestFollower.ts";

/** A platform opened in this process, not yet listening. */
export interface Platform {
  services: Services;
  gateway: Gateway;
  access: AccessStore;
  lock: DirectoryLock;
  /** Resolves when everything accepted before the call is decided and followed. */
  drained(): Promise<void>;
  /** Ends the live streams, which would hold up a stop. */
  closeStreams(): void;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Trouble that is being retried, for the operator's log. No personal data in it. */
  onTrouble?: (message: string) => void;
  /** A part died and the process should stop: what is durable is decided at the next start. */
  onDeath?: (error: Error) => void;
}

/**
 * The whole platform on one data directory, in the order of an event's way: gateway → log → ingestion → state →
 * analytics, then what answers questions. Problem 409 when another process holds the directory, 507 `disk_full`.
 */
export async function openPlatform(settings: Settings, options: OpenOptions = {}): Promise<Platform> {
  return tellingDiskFull(settings.dataDir, () => openOn(settings, options));
}

async function openOn(settings: Settings, options: OpenOptions): Promise<Platform> {
  makeDataDirectory(settings.dataDir);
  const lock = await lockDirectory(settings.dataDir);
  const opened: (() => Promise<void>)[] = [() => lock.release()];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).toReversed()) await part();
  };
  try {
    const paths = dataPaths(settings.dataDir);
    const hashKey = hashKeyOf(paths);
    const stages = await openStages(settings, paths, hashKey, options, opened);
    const hash = keyedHash(hashKey);
    const gateway = createGateway({
      append: countingAppend(stages),
      access: stages.access,
      hash,
      now: Date.now,
      newMessageId: randomUUID,
      backlog: () => ({ pendingRecords: stages.backlog.pending }),
      maxPendingRecords: settings.maxPendingRecords,
      onAppended: stages.stream.hub.taken,
      onFault: (error, requestId) => options.onTrouble?.(`request ${requestId} failed: ${faultName(error)}`),
    });
    const services = servicesOver({ ...stages, gateway, hash, settings });
    const drained = async (): Promise<void> => {
      await stages.ingestion.reached(stages.log.end());
      await stages.analytics.caughtUp();
    };
    const closeStreams = stages.stream.hub.close;
    return { services, gateway, access: stages.access, lock, drained, closeStreams, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Stages {
  access: AccessStore;
  log: EventBuffer;
  lookups: EventBufferReader;
  ingestion: Ingestion;
  analytics: EmbeddedAnalytics;
  people: People;
  fates: Fates;
  activities: SourceActivities;
  stream: EmbeddedStream;
  meters: Meters;
  /** `decidedAt`: UTC ms of the latest decision. */
  backlog: { pending: number; decidedAt: number };
  undecided: PendingMessages;
  /** `logFailed`: nothing more is accepted until a restart. */
  health: { logFailed: boolean };
}

async function openStages(
  settings: Settings,
  paths: DataPaths,
  hashKey: Uint8Array,
  options: OpenOptions,
  opened: (() => Promise<void>)[],
): Promise<Stages> {
  const backlog = { pending: 0, decidedAt: Date.now() };
  const parts: RunningParts = {};
  const meters = metersOver(parts, backlog);
  const onTrouble = options.onTrouble ?? (() => undefined);
  const access = await openAccessStore(paths.access, { now: Date.now, randomBytes });
  opened.push(() => access.close());
  const log = await openEventLog({ directory: paths.log, onDurable: (end) => parts.ingestion?.advance(end) });
  opened.push(() => log.close());
  const shared = { logDirectory: paths.log, stateFile: paths.state, hashKey, homeCurrency: settings.homeCurrency };
  const ingestion = await startIngestion(
    { ...shared, messagesDirectory: paths.messages },
    {
      onDecided: (position: Position, records, outcome) => {
        backlog.pending = Math.max(0, backlog.pending - records);
        parts.undecided?.decided(position);
        backlog.decidedAt = Date.now();
        meters.decided(outcome);
        parts.analytics?.advance(position);
        parts.stream?.hub.decided(position, outcome);
      },
      onTrouble: (message) => {
        meters.trouble();
        onTrouble(message);
      },
      onDeath: options.onDeath ?? ((error) => onTrouble(error.name)),
    },
  );
  parts.ingestion = ingestion;
  opened.push(() => ingestion.close());
  // What a crash left undecided is as pending as what comes from now on.
  backlog.pending = await recordsFrom(paths.log, ingestion.decidedUntil());
  const database = openStateReader(paths.state);
  opened.push(async () => database.close());
  const followed = slowestFollower(["analytics"], (version) => ingestion.releaseFeed(version));
  const analytics = await startAnalytics({
    ...shared,
    directory: paths.analytics,
    identifierOrder: identifierOrder(defaultIdentityRules),
    onTrouble,
    onFollowed: (version) => followed("analytics", version),
  });
  parts.analytics = analytics;
  opened.push(() => analytics.close());
  const lookups = openEventLogReader(paths.log);
  opened.push(() => lookups.close());
  const undecided = pendingMessages({ log: lookups, from: ingestion.decidedUntil(), until: log.end() });
  parts.undecided = undecided;
  opened.push(() => undecided.close());
  const people = peopleOver(database, keyedHash(hashKey));
  const fates = fatesOver(database);
  const from = { taken: log.end(), decided: ingestion.decidedUntil() };
  const pending = (): number => backlog.pending;
  const stream = startStream({ ...shared, fates, people, hash: keyedHash(hashKey), pending, from, onTrouble });
  parts.stream = stream;
  opened.push(() => stream.close());
  ingestion.advance(log.end());
  const activities = sourceActivityOver(database);
  const health = { logFailed: false };
  const reads = { people, fates, activities, lookups };
  return { access, log, ingestion, analytics, stream, meters, backlog, undecided, health, ...reads };
}

/** What is started later than what has to tell it something. */
interface RunningParts {
  ingestion?: Ingestion;
  analytics?: EmbeddedAnalytics;
  stream?: EmbeddedStream;
  undecided?: PendingMessages;
}

function metersOver(parts: RunningParts, backlog: { pending: number }): Meters {
  return platformMeters({
    pendingRecords: () => backlog.pending,
    followerLagSeconds: async () => {
      const asOf = (await parts.analytics?.status())?.asOf;
      return asOf === undefined ? 0 : Math.max(0, (Date.now() - asOf) / 1_000);
    },
    stream: () => parts.stream?.hub.counts() ?? { subscribers: 0, shown: 0, sampledOut: 0, skipped: 0 },
  });
}

/** Counts what is durable and undecided (the gateway refuses more past its bound), and notices a log that failed. */
function countingAppend({ log, meters, backlog, undecided, health }: Stages): EventBuffer["append"] {
  return async (records: readonly BufferRecord[]) => {
    try {
      const positions = await log.append(records);
      backlog.pending += records.length;
      undecided.add(records, positions);
      meters.accepted(records.length);
      return positions;
    } catch (error) {
      if (error instanceof Problem && error.code === "log_failed") health.logFailed = true;
      throw error;
    }
  };
}

function servicesOver(parts: Stages & { gateway: Gateway; hash: KeyedHash; settings: Settings }): Services {
  const { access, analytics, people, hash, fates, log, lookups, ingestion, gateway, meters, backlog } = parts;
  const fateOf = fateReader({
    fates,
    log: lookups,
    hash,
    firstPositions: ingestion.firstPositions,
    profileIdOfFragment: (id) => people.profileIdOfFragment(id),
    sources: async () => (await access.sources()).map((source) => source.id),
    pendingPositions: (keys) => parts.undecided.find(keys),
  });
  return {
    access,
    analytics,
    profiles: profileReads({ people, hash, homeCurrency: parts.settings.homeCurrency }),
    identity: identityService(identityReads({ people, hash, rules: defaultIdentityRules })),
    fateOf: async (messageId, source) => {
      const fate = await fateOf(messageId, source);
      return fate === null ? null : fateView(fate);
    },
    ...rejectionServices({ fateOf, access, gateway, fates, log, lookups, ingestion }),
    sourceHealth: async () => {
      const now = Date.now();
      const asOf = backlog.pending === 0 ? now : backlog.decidedAt;
      const activities = new Map((await parts.activities.all(now)).map((activity) => [activity.source, activity]));
      return (source) => healthView(activities.get(source) ?? null, asOf);
    },
    submit: async (id, calls) => gateway.submit(await sourceNamed(access, id), calls),
    stream: parts.stream.hub,
    status: async () => ({
      ready: !parts.health.logFailed,
      pendingRecords: backlog.pending,
      acceptedRecords: meters.acceptedSinceStart(),
      processedRecords: meters.processedSinceStart(),
      version: platformVersion,
    }),
    metrics: () => meters.text(),
  };
}

function rejectionServices(
  parts: Pick<Stages, "access" | "fates" | "log" | "lookups" | "ingestion"> & {
    gateway: Gateway;
    fateOf: ReplayParts["fateOf"];
  },
): Pick<Services, "rejections" | "replay"> {
  const { access, fates, lookups, ingestion, gateway, fateOf } = parts;
  const list = rejectionReader({ fates, log: lookups, firstPositions: ingestion.firstPositions });
  const replay = replayer({
    fateOf,
    sourceOf: (id) => sourceNamed(access, id),
    submit: gateway.submit,
    decided: () => ingestion.reached(parts.log.end()),
    sleep: (ms) => sleep(ms, undefined, { ref: false }),
  });
  return {
    rejections: async ({ source, after, limit }) => {
      const { items, next } = await list({ source, before: after === null ? null : positionIn(after), limit });
      return { items: items.map(rejectionView), next: next === null ? null : String(next) };
    },
    replay: async (messageId, source, corrected) => {
      const fate = await replay(messageId, source, corrected);
      return fate === null ? null : fateView(fate);
    },
  };
}

async function sourceNamed(access: AccessStore, id: string): Promise<Source> {
  const source = (await access.sources()).find((candidate) => candidate.id === id);
  if (source !== undefined) return source;
  throw new Problem(404, "source_not_found", `there is no source \`${id}\``, { hint: "c360 sources create" });
}

function positionIn(cursor: string): Position {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new Problem(400, "cursor_invalid", "This is no cursor of this list.", {
    hint: "Give the `next` of the answer before, as it is.",
    field: "after",
  });
}

/** Messages of unforeseen errors could quote an event: only their kind and place go to the log. */
function faultName(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return `${error.name} ${error.stack?.split("\n")[1]?.trim() ?? ""}`;
}

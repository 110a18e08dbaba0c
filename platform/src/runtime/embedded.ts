import { randomBytes, randomUUID } from "node:crypto";
import { openAccessStore } from "../adapters/embedded/accessStore.ts";
import { startAnalytics, type EmbeddedAnalytics } from "../adapters/embedded/analytics/client.ts";
import { openEventLogReader } from "../adapters/embedded/eventLog/reader.ts";
import { recordsFrom } from "../adapters/embedded/eventLog/summary.ts";
import { openEventLog } from "../adapters/embedded/eventLog/writer.ts";
import { startSearch, type EmbeddedSearch } from "../adapters/embedded/search/client.ts";
import { fatesOver } from "../adapters/embedded/state/fates.ts";
import { peopleOver } from "../adapters/embedded/state/people.ts";
import { openStateReader } from "../adapters/embedded/state/schema.ts";
import type { Services } from "../api/services.ts";
import type { BufferRecord, EventBuffer, EventBufferReader } from "../buffer/eventBuffer.ts";
import { createGateway, type Gateway } from "../gateway/gateway.ts";
import { defaultIdentityRules, identityReads } from "../identity/index.ts";
import { fateReader } from "../ingestion/index.ts";
import { keyedHash, type KeyedHash } from "../model/keyedHash.ts";
import type { Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import { platformVersion } from "../model/version.ts";
import { profileReads } from "../profiles/index.ts";
import type { AccessStore } from "../storage/access.ts";
import type { Fates } from "../storage/fates.ts";
import type { People } from "../storage/people.ts";
import { dataPaths, hashKeyOf, makeDataDirectory, type DataPaths } from "./dataDirectory.ts";
import { lockDirectory, type DirectoryLock } from "../adapters/embedded/directoryLock.ts";
import { startIngestion, type Ingestion } from "./ingestion.ts";
import { platformMeters, type Meters } from "./meters.ts";
import { fateView, identityService } from "./services.ts";
import type { Settings } from "./settings.ts";

/** A platform opened in this process, not yet listening. */
export interface Platform {
  services: Services;
  gateway: Gateway;
  access: AccessStore;
  lock: DirectoryLock;
  /** Resolves when everything accepted before the call is decided and followed. */
  drained(): Promise<void>;
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
 * analytics and search, then what answers questions. Problem 409 when another process holds the directory.
 */
export async function openPlatform(settings: Settings, options: OpenOptions = {}): Promise<Platform> {
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
      onFault: (error, requestId) => options.onTrouble?.(`request ${requestId} failed: ${faultName(error)}`),
    });
    const services = servicesOver({ ...stages, gateway, hash, settings });
    const drained = async (): Promise<void> => {
      await stages.ingestion.reached(stages.log.end());
      await Promise.all([stages.analytics.caughtUp(), stages.search.caughtUp()]);
    };
    return { services, gateway, access: stages.access, lock, drained, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Above it, search follows more slowly: deciding goes first. */
const busyPendingRecords = 10_000;

interface Stages {
  access: AccessStore;
  log: EventBuffer;
  lookups: EventBufferReader;
  ingestion: Ingestion;
  analytics: EmbeddedAnalytics;
  search: EmbeddedSearch;
  people: People;
  fates: Fates;
  meters: Meters;
  backlog: { pending: number };
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
  const backlog = { pending: 0 };
  const parts: { ingestion?: Ingestion; analytics?: EmbeddedAnalytics; search?: EmbeddedSearch } = {};
  const meters = platformMeters({
    pendingRecords: () => backlog.pending,
    followerLagSeconds: () => lagOf(parts.analytics),
    searchLagSeconds: () => lagOf(parts.search),
  });
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
        meters.decided(outcome);
        parts.analytics?.advance(position);
        parts.search?.advance(backlog.pending > busyPendingRecords);
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
  const analytics = await startAnalytics({ ...shared, directory: paths.analytics, onTrouble });
  parts.analytics = analytics;
  opened.push(() => analytics.close());
  const { stateFile, homeCurrency } = shared;
  const search = await startSearch({ file: paths.search, stateFile, hashKey, homeCurrency, onTrouble });
  parts.search = search;
  opened.push(() => search.close());
  const lookups = openEventLogReader(paths.log);
  opened.push(() => lookups.close());
  ingestion.advance(log.end());
  const people = peopleOver(database, keyedHash(hashKey));
  return {
    access,
    log,
    lookups,
    ingestion,
    analytics,
    search,
    people,
    fates: fatesOver(database),
    meters,
    backlog,
    health: { logFailed: false },
  };
}

/** How far a follower is behind, in seconds. */
async function lagOf(follower: EmbeddedAnalytics | EmbeddedSearch | undefined): Promise<number> {
  const asOf = (await follower?.status())?.asOf;
  return asOf === undefined ? 0 : Math.max(0, (Date.now() - asOf) / 1_000);
}

/** Counts what is durable and undecided (the gateway refuses more past its bound), and notices a log that failed. */
function countingAppend({ log, meters, backlog, health }: Stages): EventBuffer["append"] {
  return async (records: readonly BufferRecord[]) => {
    try {
      const positions = await log.append(records);
      backlog.pending += records.length;
      meters.accepted(records.length);
      return positions;
    } catch (error) {
      if (error instanceof Problem && error.code === "log_failed") health.logFailed = true;
      throw error;
    }
  };
}

function servicesOver(parts: Stages & { gateway: Gateway; hash: KeyedHash; settings: Settings }): Services {
  const { access, analytics, search, people, hash, fates, log, lookups, ingestion, gateway, meters, backlog } = parts;
  const fateOf = fateReader({
    fates,
    log: lookups,
    hash,
    firstPositions: ingestion.firstPositions,
    profileIdOfFragment: (id) => people.profileIdOfFragment(id),
    sources: async () => (await access.sources()).map((source) => source.id),
    durableEnd: () => log.end(),
  });
  return {
    access,
    analytics,
    search,
    profiles: profileReads({ people, hash, homeCurrency: parts.settings.homeCurrency }),
    identity: identityService(identityReads({ people, hash, rules: defaultIdentityRules })),
    fateOf: async (messageId, source) => {
      const fate = await fateOf(messageId, source);
      return fate === null ? null : fateView(fate);
    },
    submit: async (id, calls) => {
      const source = (await access.sources()).find((candidate) => candidate.id === id);
      if (source === undefined) {
        throw new Problem(404, "source_not_found", `there is no source \`${id}\``, { hint: "c360 sources create" });
      }
      return gateway.submit(source, calls);
    },
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

/** Messages of unforeseen errors could quote an event: only their kind and place go to the log. */
function faultName(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return `${error.name} ${error.stack?.split("\n")[1]?.trim() ?? ""}`;
}

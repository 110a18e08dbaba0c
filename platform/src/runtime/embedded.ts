import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { lockDirectory, type DirectoryLock } from "../adapters/embedded/directoryLock.ts";
import type { Services } from "../api/services.ts";
import type { BufferRecord, EventBuffer } from "../buffer/eventBuffer.ts";
import { createGateway, type Gateway } from "../gateway/gateway.ts";
import { planService, type PlanService } from "../gateway/plans/plans.ts";
import {
  correctionService,
  defaultIdentityRules,
  rulesService,
  type CorrectionService,
  type LinkageRuns,
  type RulesService,
} from "../identity/index.ts";
import { fateReader, replayClaims, type Claims, type ReplayService } from "../ingestion/index.ts";
import { correctionSource, linkSource } from "../model/correction.ts";
import { rulesSource } from "../model/rulesVersion.ts";
import { isoTime } from "../model/isoTime.ts";
import { keyedHash, type KeyedHash } from "../model/keyedHash.ts";
import type { Position } from "../model/position.ts";
import { Problem } from "../model/problem.ts";
import { platformVersion } from "../model/version.ts";
import { composeProfile, profileReads, traitValueReads } from "../profiles/index.ts";
import type { AccessStore } from "../storage/access.ts";
import { decidingOf, noSource } from "./backlog.ts";
import { beginState } from "./base.ts";
import { backupJobs, type BackupJobs } from "./backupJobs.ts";
import { cliTokenId } from "./cliToken.ts";
import {
  dataPaths,
  hashKeyOf,
  linkingFolder,
  makeDataDirectory,
  noteProgram,
  rebuildFolder,
  refuseUnfinishedRestore,
  tellingProgram,
} from "./dataDirectory.ts";
import { watchDiskRoom, type DiskRoom } from "./diskRoom.ts";
import { tellingDiskFull } from "./diskFull.ts";
import { operationsOver, retryList } from "./operations.ts";
import { planServices } from "./plans.ts";
import { rejectionServices, replaysOver, sourceNamed } from "./rejections.ts";
import { linkageRunsOver, reviewServices } from "./reviewing.ts";
import { threadedDryRun } from "./rulesDryRun.ts";
import { fateView, healthView, householdOf, householdServices, identityService } from "./services.ts";
import type { Settings } from "./settings.ts";
import { startRetention, type Retention, type RetentionParts } from "./retention.ts";
import { openStages, type Stages } from "./stages.ts";
import { placesOfErrors } from "./stackInSources.ts";
import { newestReceipt, trustedClock } from "./trustedClock.ts";
import { tracedAnalytics } from "./telemetry/tracedServices.ts";
import type { Telemetry, Work } from "./telemetry/telemetry.ts";

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
  /** Null, or none: nothing is traced. */
  telemetry?: Telemetry | null;
}

/**
 * The whole platform on one data directory, in the order of an event's way: gateway → log → ingestion → state →
 * analytics and search, then what answers questions. Problem 409 when another process holds the directory, 507
 * `disk_full`.
 */
export async function openPlatform(settings: Settings, options: OpenOptions = {}): Promise<Platform> {
  const { dataDir } = settings;
  return tellingDiskFull(dataDir, () => tellingProgram(dataDir, () => openOn(settings, options)));
}

async function openOn(settings: Settings, options: OpenOptions): Promise<Platform> {
  makeDataDirectory(settings.dataDir);
  refuseUnfinishedRestore(settings.dataDir);
  const lock = await lockDirectory(settings.dataDir);
  const opened: (() => Promise<void>)[] = [() => lock.release()];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).toReversed()) await part();
  };
  try {
    const spillDirectory = linkingFolder(settings.dataDir);
    for (const left of [rebuildFolder(settings.dataDir), spillDirectory]) removeFolder(left);
    opened.push(async () => removeFolder(spillDirectory));
    const paths = dataPaths(settings.dataDir);
    const hashKey = await hashKeyOf(paths);
    await beginState(settings, paths, paths.state);
    const retries = retryList(Date.now);
    const onTrouble = (message: string): void => {
      retries.add(message);
      options.onTrouble?.(message);
    };
    const onDeath = options.onDeath ?? ((error) => onTrouble(error.name));
    const telemetry = options.telemetry ?? null;
    const stages = await openStages({ settings, paths, hashKey, onTrouble, onDeath, telemetry, opened });
    const hash = keyedHash(hashKey);
    const append = countingAppend(stages, telemetry);
    const room = await roomOn(settings, stages);
    opened.push(async () => room.close());
    const thrownAt = placesOfErrors();
    const plans = await planService(stages.access.plans);
    const gateway = createGateway({
      append: (records, source) => append(records, source.id),
      planOf: plans.planOf,
      access: stages.access,
      hash,
      now: Date.now,
      newMessageId: randomUUID,
      backlog: stages.backlog,
      maxPendingRecords: settings.maxPendingRecords,
      hasRoom: room.hasRoom,
      onTaken: stages.stream.hub.taken,
      onFault: (error, requestId) => onTrouble(`request ${requestId} failed: ${faultName(error, thrownAt)}`),
    });
    const { hasRoom } = room;
    const parts = { ...stages, gateway, plans, append, hash, settings, hasRoom, telemetry };
    const closing = <T extends { close(): Promise<void> }>(part: T): T => {
      opened.push(() => part.close());
      return part;
    };
    const runs = closing(linkageRunsOver(parts, { indexFile: paths.linkage, spillDirectory, onTrouble }));
    const backups = closing(backupsOver(settings, stages, telemetry));
    closing(await retentionOver(parts, { paths, hashKey, backups, onTrouble }));
    const rules = closing(rulesOver(parts, { stateFile: paths.state, hashKey }));
    const claims = replayClaims();
    const replays = closing(await replaysOver({ ...parts, claims }, paths.replays));
    const told = { dataDir: settings.dataDir, retries, latestBackup: backups.latest, hasRoom };
    const operations = operationsOver({ ...stages, ...told }, Date.now);
    const services = { ...servicesOver({ ...parts, runs, rules, replays, claims }), backups, operations };
    const drained = async (): Promise<void> => {
      await stages.ingestion.reached(stages.log.end());
      await Promise.all([stages.analytics.caughtUp(), stages.search.caughtUp()]);
    };
    const closeStreams = stages.stream.hub.close;
    noteProgram(settings.dataDir);
    measureFor(telemetry, stages, opened);
    return { services, gateway, access: stages.access, lock, drained, closeStreams, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function roomOn({ dataDir, minFreeBytes }: Settings, { backlog: { pending } }: Stages): Promise<DiskRoom> {
  return watchDiskRoom(dataDir, { minFreeBytes, pending });
}

/** Figures are read until what they are read from closes. */
function measureFor(telemetry: Telemetry | null, { meters }: Stages, opened: (() => Promise<void>)[]): void {
  if (telemetry === null) return;
  telemetry.measure(meters.readings);
  opened.push(() => telemetry.lastFigures());
}

/** `source`: none of what people and linkages say. */
type CountingAppend = (records: readonly BufferRecord[], source?: string) => Promise<Position[]>;

/** Counts what is durable and undecided (the gateway refuses more past its bound), and notices a log that failed. */
function countingAppend(
  { log, meters, backlog, appends, undecided, health }: Stages,
  telemetry: Telemetry | null,
): CountingAppend {
  const counted = async (
    appended: Promise<Position[]>,
    source: string,
    messages: readonly string[],
  ): Promise<Position[]> => {
    appends.began();
    try {
      const positions = await appended;
      backlog.added(source, messages.length);
      undecided.add(messages, positions);
      meters.accepted(messages.length);
      return positions;
    } catch (error) {
      if (error instanceof Problem && error.code === "log_failed") health.logFailed = true;
      throw error;
    } finally {
      appends.ended();
    }
  };
  return (records, source = noSource) => {
    const append = (): Promise<Position[]> => log.append(records);
    const appended = telemetry === null ? append() : telemetry.appending(records.length, append);
    return counted(
      appended,
      source,
      records.map(({ message }) => message),
    );
  };
}

type ServiceParts = Stages & {
  gateway: Gateway;
  plans: PlanService;
  append: EventBuffer["append"];
  hash: KeyedHash;
  settings: Settings;
  runs: LinkageRuns;
  rules: RulesService;
  replays: ReplayService;
  claims: Claims;
  hasRoom: () => boolean;
  telemetry: Telemetry | null;
};

function backupsOver({ dataDir, backupDir }: Settings, { access }: Stages, telemetry: Telemetry | null): BackupJobs {
  const newId = (): string => `b_${randomUUID()}`;
  const operatorId = (): string | null => cliTokenId(dataDir);
  const begun = (): Work | null => telemetry?.begin("backup") ?? null;
  const copyAccess = (to: string): Promise<void> => access.copyTo(to);
  return backupJobs({ dataDir, backupDir, operatorId, copyAccess, now: Date.now, newId, begun });
}

async function retentionOver(
  {
    archiving,
    ingestion,
    append,
    log,
    kept,
    backlog,
    hash,
    settings,
  }: Stages & Pick<ServiceParts, "append" | "hash" | "settings">,
  more: Pick<RetentionParts, "paths" | "hashKey" | "onTrouble"> & { backups: BackupJobs },
): Promise<Retention> {
  const { deleteAfterMs, minFreeBytes } = settings;
  const newestAt = deleteAfterMs === null ? 0 : await newestReceipt(more.paths.log, log.end(), Date.now);
  return startRetention({
    ...more,
    hash,
    deleteAfterMs,
    minFreeBytes,
    archiving,
    ingestion,
    append,
    decided: () => ingestion.reached(log.end()),
    keptFrom: () => kept().from,
    deciding: () => decidingOf(backlog),
    withoutBackup: more.backups.without,
    now: Date.now,
    trustedNow: trustedClock(newestAt, { wall: Date.now, uptimeMs: () => performance.now() }),
  });
}

function servicesOver(parts: ServiceParts): Omit<Services, "backups" | "operations"> {
  const { access, analytics, search, people, hash, fates, lookups, ingestion, gateway, meters, backlog } = parts;
  const fateOf = fateReader({
    fates,
    log: lookups,
    hash,
    firstPositions: ingestion.firstPositions,
    profileIdOfFragment: people.profileIdOfFragment,
    sources: async () => {
      const sent = (await access.sources()).map((source) => source.id);
      return [...sent, correctionSource, linkSource, rulesSource];
    },
    pendingPositions: (keys) => parts.undecided.find(keys),
  });
  const profiles = profileReads({ people, hash, homeCurrency: parts.settings.homeCurrency });
  const corrections = correctionsOver(parts);
  const traitValues = traitValueReads({ people, analytics });
  return {
    access,
    analytics: tracedAnalytics(analytics, parts.telemetry),
    search,
    ...householdServices(parts.households, profiles.byId),
    corrections,
    profiles: {
      ...profiles,
      householdOf: householdOf(parts.households),
      traitValues: async (id) => {
        const values = await traitValues(id);
        // Identify calls that are deleted can be read no more.
        return values === null ? null : { ...values, isWhole: values.isWhole && parts.kept().from === 0 };
      },
    },
    identity: identityService(parts.explainer),
    ...reviewServices({ ...parts, corrections }),
    rules: parts.rules,
    plans: planServices(parts),
    fateOf: async (messageId, source) => {
      const fate = await fateOf(messageId, source);
      return fate === null ? null : fateView(fate);
    },
    keptSince: async () => {
      const { oldestAt } = parts.kept().from === 0 ? { oldestAt: null } : await parts.tiers();
      return oldestAt === null ? null : isoTime(oldestAt);
    },
    ...rejectionServices({ ...parts, fateOf }),
    sourceHealth: async () => {
      const now = Date.now();
      const asOf = backlog.pending() === 0 ? now : backlog.decidedAt();
      const activities = new Map((await parts.activities.all(now)).map((activity) => [activity.source, activity]));
      return (source) => healthView(activities.get(source) ?? null, asOf);
    },
    submit: async (id, calls) => gateway.submit(await sourceNamed(access, id), calls),
    stream: parts.stream.hub,
    status: async () => ({
      ready: !parts.health.logFailed && parts.hasRoom(),
      pendingRecords: backlog.pending(),
      acceptedRecords: meters.acceptedSinceStart(),
      processedRecords: meters.processedSinceStart(),
      version: platformVersion,
    }),
    metrics: () => meters.text(),
  };
}

function correctionsOver(parts: ServiceParts): CorrectionService {
  const { people, corrections, explainer, hash, append, log, ingestion, settings } = parts;
  const { homeCurrency } = settings;
  return correctionService({
    people,
    corrections,
    hash,
    look: explainer.look,
    list: explainer.list,
    compose: (record) => composeProfile({ ...record, hash, homeCurrency }),
    append,
    decided: () => ingestion.reached(log.end()),
    now: Date.now,
    newId: () => `c_${randomUUID()}`,
    sleep: (ms) => sleep(ms, undefined, { ref: false }),
  });
}

function rulesOver(
  { rulesVersions, append, hash, ingestion, log }: Stages & Pick<ServiceParts, "append" | "hash">,
  files: { stateFile: string; hashKey: Uint8Array },
): RulesService {
  return rulesService({
    versions: rulesVersions,
    rules: defaultIdentityRules,
    hash,
    dryRun: threadedDryRun(files),
    append,
    decided: () => ingestion.reached(log.end()),
    now: Date.now,
    newId: () => `r_${randomUUID()}`,
    sleep: (ms) => sleep(ms, undefined, { ref: false }),
  });
}

/** Messages of unforeseen errors could quote an event: only their kind and place go to the log. */
function faultName(error: unknown, thrownAt: (error: Error) => string): string {
  if (!(error instanceof Error)) return "unknown";
  return `${error.name} ${thrownAt(error)}`;
}

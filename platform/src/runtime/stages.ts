import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openAccessStore, type CopiedAccessStore } from "../adapters/embedded/accessStore.ts";
import { startArchiving, type EmbeddedArchiving } from "../adapters/embedded/archiving/client.ts";
import { startAnalytics, type EmbeddedAnalytics } from "../adapters/embedded/analytics/client.ts";
import { nodeDisk } from "../adapters/embedded/eventLog/disk.ts";
import { threadDisk } from "../adapters/embedded/eventLog/threadDisk.ts";
import { openEventLogReader } from "../adapters/embedded/eventLog/reader.ts";
import { recordsFrom } from "../adapters/embedded/eventLog/summary.ts";
import { openEventLog } from "../adapters/embedded/eventLog/writer.ts";
import { openExplaining } from "../adapters/embedded/explaining/client.ts";
import { startReviews, type EmbeddedReviews } from "../adapters/embedded/reviews/client.ts";
import { startSearch, type EmbeddedSearch } from "../adapters/embedded/search/client.ts";
import { poolGivesWay } from "../adapters/embedded/giveWay.ts";
import { correctionsOver, linksOver } from "../adapters/embedded/state/corrections.ts";
import { feedHeadOver } from "../adapters/embedded/decided.ts";
import { fatesOver } from "../adapters/embedded/state/fates.ts";
import { householdsOver } from "../adapters/embedded/state/households.ts";
import { keptNow } from "../adapters/embedded/state/kept.ts";
import { peopleOver } from "../adapters/embedded/state/people.ts";
import { planViolationsOver } from "../adapters/embedded/state/planViolations.ts";
import { rulesNow, rulesVersionsOver } from "../adapters/embedded/state/rulesVersions.ts";
import { openStateReader } from "../adapters/embedded/state/schema.ts";
import { sourceActivityOver } from "../adapters/embedded/state/sourceActivity.ts";
import type { EventBuffer, EventBufferReader } from "../buffer/eventBuffer.ts";
import {
  defaultIdentityRules,
  identifierOrder,
  rulesInForce,
  type Explainer,
  type IdentityRules,
} from "../identity/index.ts";
import { pendingMessages, type PendingMessages } from "../ingestion/index.ts";
import { keyedHash } from "../model/keyedHash.ts";
import type { Position } from "../model/position.ts";
import type { Corrections, Links } from "../storage/corrections.ts";
import type { Fates } from "../storage/fates.ts";
import type { HouseholdStore } from "../storage/households.ts";
import type { Kept } from "../storage/identityAndProfiles.ts";
import type { People } from "../storage/people.ts";
import type { PlanViolations } from "../storage/planViolations.ts";
import type { RulesVersions } from "../storage/rulesVersions.ts";
import type { SourceActivities } from "../storage/sourceActivity.ts";
import { linkingFolder, type DataPaths } from "./dataDirectory.ts";
import { startIngestion, type Ingestion } from "./ingestion.ts";
import { platformMeters, type Meters } from "./meters.ts";
import { halfOfTheTime, inFlight, shortage, type InFlight } from "./processor.ts";
import type { Settings } from "./settings.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import { tracedDisk } from "./telemetry/tracedDisk.ts";
import { lagSeconds, reviewFigures } from "./followerLag.ts";
import { decidingOf, ingestionLag, noSource, pendingRecords, type PendingRecords } from "./backlog.ts";
import { slowestFollower } from "./slowestFollower.ts";
import { followerTelling } from "./tellFollowers.ts";
import { storedTiers, type Tiers } from "./tiers.ts";
import { startStream, type EmbeddedStream } from "./stream.ts";

export interface Stages {
  access: CopiedAccessStore;
  log: EventBuffer;
  lookups: EventBufferReader;
  archiving: EmbeddedArchiving;
  /** From where on records are kept. */
  kept: () => Kept;
  /** How events are kept, and what that takes. */
  tiers: () => Promise<Tiers>;
  ingestion: Ingestion;
  analytics: EmbeddedAnalytics;
  search: EmbeddedSearch;
  explainer: Explainer;
  reviews: EmbeddedReviews;
  people: People;
  households: HouseholdStore;
  corrections: Corrections;
  links: Links;
  rulesVersions: RulesVersions;
  violations: PlanViolations;
  fates: Fates;
  activities: SourceActivities;
  stream: EmbeddedStream;
  meters: Meters;
  /** Records that are durable and undecided. */
  backlog: PendingRecords;
  /** Appends that are not yet durable. */
  appends: InFlight;
  feedHead: () => number;
  undecided: PendingMessages;
  /** `logFailed`: nothing more is accepted until a restart. */
  health: { logFailed: boolean };
}

export interface StagesOptions {
  settings: Settings;
  paths: DataPaths;
  hashKey: Uint8Array;
  /** Trouble that is being retried. No personal data in it. */
  onTrouble: (message: string) => void;
  onDeath: (error: Error) => void;
  telemetry: Telemetry | null;
  /** What is open gets a way to close here, in order of opening. */
  opened: (() => Promise<void>)[];
}

/** Opens what an event goes through, in that order, and what is told of it. */
export async function openStages(options: StagesOptions): Promise<Stages> {
  const { paths, hashKey, opened, onTrouble } = options;
  const backlog = pendingRecords(Date.now);
  const parts: RunningParts = {};
  const appends = inFlight();
  const isShort = shortage(appends);
  const tiers = storedTiers(parts);
  const meters = metersOver(parts, { backlog, tiers });
  const access = await openAccessStore(paths.access, { now: Date.now, randomBytes });
  opened.push(() => access.close());
  const log = await openLog(options, (end) => parts.ingestion?.advance(end, isShort()));
  const { archiveAfterMs: afterMs, archiveBeyondBytes: beyondBytes } = options.settings;
  const limits = { afterMs, beyondBytes };
  const archiving = await startArchiving({ logDirectory: paths.log, limits, onTrouble });
  parts.archiving = archiving;
  opened.push(() => archiving.close());
  const ingestion = await startDeciding(options, { parts, backlog, meters, isShort });
  // What a crash left undecided is as pending as what comes from now on.
  backlog.added(noSource, await recordsFrom(paths.log, ingestion.decidedUntil()));
  const followers = await startFollowers(options, { parts, ingestion });
  const { homeCurrency } = options.settings;
  const explainer = openExplaining({ stateFile: paths.state, hashKey, homeCurrency, onTrouble });
  opened.push(() => explainer.close());
  const database = openStateReader(paths.state);
  opened.push(async () => database.close());
  const feedHead = feedHeadOver(database);
  parts.feedHead = feedHead;
  // Decisions go on while what is open closes.
  opened.push(async () => void delete parts.feedHead);
  const lookups = openEventLogReader(paths.log);
  opened.push(() => lookups.close());
  const undecided = pendingMessages({ log: lookups, from: ingestion.decidedUntil(), until: log.end() });
  parts.undecided = undecided;
  opened.push(() => undecided.close());
  const hash = keyedHash(hashKey);
  const rulesVersions = rulesVersionsOver(database);
  const stored = {
    people: peopleOver(database, hash),
    households: householdsOver(database, hash),
    corrections: correctionsOver(database),
    links: linksOver(database),
    rulesVersions,
    violations: planViolationsOver(database),
  };
  const reads = { ...stored, fates: fatesOver(database), lookups };
  const from = { taken: log.end(), decided: ingestion.decidedUntil() };
  const { pending } = backlog;
  const heldNow = rulesNow(database);
  const rules = (): IdentityRules => rulesInForce(heldNow(), defaultIdentityRules);
  const stream = startStream({
    ...reads,
    rules,
    logDirectory: paths.log,
    hash,
    homeCurrency,
    pending,
    from,
    onTrouble,
  });
  parts.stream = stream;
  opened.push(() => stream.close());
  ingestion.advance(log.end());
  const activities = sourceActivityOver(database);
  const health = { logFailed: false };
  const kept = keptNow(database);
  const told = { stream, meters, backlog, appends, undecided, health, activities, feedHead, kept };
  return { access, log, archiving, tiers, ingestion, ...followers, explainer, ...told, ...reads };
}

function startDeciding(
  { settings, paths, hashKey, onTrouble, onDeath, opened, telemetry }: StagesOptions,
  {
    parts,
    backlog,
    meters,
    isShort,
  }: { parts: RunningParts; backlog: PendingRecords; meters: Meters; isShort: () => boolean },
): Promise<Ingestion> {
  const { homeCurrency, maxPendingRecords } = settings;
  const isHeldBack = halfOfTheTime(isShort);
  const followers = followerTelling(
    (deciding) => {
      for (const each of [parts.analytics, parts.search, parts.reviews, parts.archiving]) each?.advance(deciding);
    },
    () => {
      // Asked each time: it counts for how long it has held them back.
      const isHeld = isHeldBack();
      const deciding = decidingOf(backlog);
      return deciding === "idle" && isHeld ? "busy" : deciding;
    },
  );
  opened.push(async () => followers.close());
  const files = { logDirectory: paths.log, stateFile: paths.state, messagesDirectory: paths.messages };
  const started = startIngestion(
    { ...files, hashKey, homeCurrency, maxPendingRecords },
    {
      onDecided: (batch) => {
        const { position, records, outcome } = batch;
        backlog.decided(records);
        meters.decided(outcome);
        parts.undecided?.decided(position);
        followers.decided();
        parts.stream?.hub.decided(position, outcome);
        telemetry?.decided({ ...batch, feedVersion: () => parts.feedHead?.() ?? 0 });
      },
      onTrouble: (message) => {
        meters.trouble();
        onTrouble(message);
      },
      onDeath,
    },
  );
  return started.then((ingestion) => {
    parts.ingestion = ingestion;
    opened.push(() => ingestion.close());
    return ingestion;
  });
}

async function openLog(
  { paths, telemetry, opened, onDeath }: StagesOptions,
  onDurable: (end: Position) => void,
): Promise<EventBuffer> {
  const disk = await threadDisk(nodeDisk, onDeath);
  opened.push(() => disk.stop());
  const traced = telemetry === null ? disk : tracedDisk(disk, telemetry);
  const log = await openEventLog({ directory: paths.log, onDurable, disk: traced });
  opened.push(() => log.close());
  return log;
}

/** Analytics, search and the review queue: what all have of the feed is let go. */
async function startFollowers(
  { settings, paths, hashKey, onTrouble, opened, telemetry }: StagesOptions,
  { parts, ingestion }: { parts: RunningParts; ingestion: Ingestion },
): Promise<{ analytics: EmbeddedAnalytics; search: EmbeddedSearch; reviews: EmbeddedReviews }> {
  const { homeCurrency } = settings;
  const shared = { stateFile: paths.state, hashKey, homeCurrency, onTrouble };
  const release = slowestFollower(["analytics", "search", "reviews"], (version) => ingestion.releaseFeed(version));
  const followed: typeof release = (follower, version) => {
    release(follower, version);
    telemetry?.followed(follower, version);
  };
  const [analytics, search, reviews] = await Promise.allSettled([
    startAnalytics({
      ...shared,
      logDirectory: paths.log,
      directory: paths.analytics,
      identifierOrder: identifierOrder(defaultIdentityRules),
      onFollowed: (version) => followed("analytics", version),
    }),
    startSearch({ ...shared, file: paths.search, onFollowed: (version) => followed("search", version) }),
    startReviews({
      ...shared,
      indexFile: paths.linkage,
      reviewFile: paths.reviews,
      rules: defaultIdentityRules,
      spillDirectory: join(linkingFolder(settings.dataDir), "live"),
      reviewFrom: settings.reviewFrom,
      onFollowed: (version) => followed("reviews", version),
    }),
  ]);
  // All of them, before the first that failed is told: what did open has to be closed.
  const closers = [analytics, search, reviews].flatMap((started) =>
    started.status === "fulfilled" ? [() => started.value.close()] : [],
  );
  opened.push(() => closedTogether(closers));
  const followers = { analytics: openedOf(analytics), search: openedOf(search), reviews: openedOf(reviews) };
  // The log and the followers' stores are open: the pool's threads run.
  poolGivesWay();
  Object.assign(parts, followers);
  return followers;
}

/** Side by side: on a busy machine each waits for the processor behind all others. */
async function closedTogether(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const closed = await Promise.allSettled(closers.map((close) => close()));
  for (const each of closed) if (each.status === "rejected") throw each.reason;
}

function openedOf<T>(started: PromiseSettledResult<T>): T {
  if (started.status === "rejected") throw started.reason;
  return started.value;
}

/** What is started later than what has to tell it something. */
interface RunningParts {
  archiving?: EmbeddedArchiving;
  ingestion?: Ingestion;
  analytics?: EmbeddedAnalytics;
  search?: EmbeddedSearch;
  reviews?: EmbeddedReviews;
  stream?: EmbeddedStream;
  undecided?: PendingMessages;
  feedHead?: () => number;
}

function metersOver(
  parts: RunningParts,
  { backlog, tiers }: { backlog: PendingRecords; tiers: () => Promise<Tiers> },
): Meters {
  return platformMeters({
    pendingRecords: backlog.pending,
    ingestionLagSeconds: () => ingestionLag(backlog, Date.now()) / 1_000,
    followerLagSeconds: () => lagSeconds(parts.analytics, Date.now),
    searchLagSeconds: () => lagSeconds(parts.search, Date.now),
    reviews: () => reviewFigures(parts.reviews, Date.now),
    tiers: async () => (await tiers()).tiers,
    stream: () => parts.stream?.hub.counts() ?? { subscribers: 0, shown: 0, sampledOut: 0, skipped: 0 },
  });
}

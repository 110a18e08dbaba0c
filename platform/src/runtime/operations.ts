import { diskUse, type DiskUse } from "../adapters/embedded/diskUse.ts";
import type { BackupView } from "../api/backups.ts";
import { knownInTime } from "../api/knownInTime.ts";
import type { ConsumerView, DiskView, OperationsView } from "../api/operations.ts";
import { isoTime } from "../model/isoTime.ts";
import { platformVersion } from "../model/version.ts";
import type { SourceActivity } from "../storage/sourceActivity.ts";
import { adviceOn, stateOf } from "./advice.ts";
import type { Stages } from "./stages.ts";
import { ingestionLag } from "./backlog.ts";
import type { Tiers } from "./tiers.ts";

const shownMinutes = 60;
const latelyMinutes = 5;
/** A follower gathers changes and goes in turns: so much is no lag. */
const behindSeconds = 10;
const measureDiskEveryMs = 30_000;
const maxRetries = 20;
/** Of fewer, most of what the disk holds is there without any. */
const leastRecords = 10_000;

/** Failures that are retried, as the operator's log tells them: no personal data. */
export interface Retries {
  add(message: string): void;
  /** Newest first. */
  list(): { at: number; message: string }[];
}

export function retryList(now: () => number): Retries {
  const kept: { at: number; message: string }[] = [];
  return {
    add: (message) => {
      kept.unshift({ at: now(), message });
      kept.splice(maxRetries);
    },
    list: () => [...kept],
  };
}

type Parts = Pick<
  Stages,
  "tiers" | "analytics" | "search" | "reviews" | "activities" | "backlog" | "health" | "feedHead"
> & {
  dataDir: string;
  retries: Retries;
  latestBackup: () => BackupView | null;
  hasRoom: () => boolean;
};

/** What an operator looks at first: how far everything is, what there is room for, and what to do now. */
export function operationsOver(parts: Parts, now: () => number): () => Promise<OperationsView> {
  const startedAt = now();
  const disk = measuredDisk(parts.dataDir, now);
  return async () => {
    const at = now();
    const [consumers, activities, minutes, used, tiers] = await Promise.all([
      consumersOf(parts, at),
      parts.activities.all(at),
      parts.activities.minutes(at, shownMinutes),
      disk(),
      parts.tiers(),
    ]);
    const diskNow = used === null ? null : diskView(used, activities, tiers);
    const backup = parts.latestBackup();
    const retries = parts.retries.list();
    const lately = summed(minutes.slice(-latelyMinutes));
    const { logFailed } = parts.health;
    const takesNothing = !parts.hasRoom();
    const advice = adviceOn({ now: at, logFailed, takesNothing, consumers, disk: diskNow, lately, retries, backup });
    return {
      now: isoTime(at),
      version: platformVersion,
      startedAt: isoTime(startedAt),
      state: stateOf(advice),
      advice,
      consumers,
      minutes: minutes.map((minute) => ({ ...minute, at: isoTime(minute.at) })),
      disk: diskNow,
      memory: { residentBytes: process.memoryUsage.rss() },
      backup,
      retries: retries.map(({ at: failedAt, message }) => ({ at: isoTime(failedAt), message })),
    };
  };
}

async function consumersOf(parts: Parts, now: number): Promise<ConsumerView[]> {
  const { analytics, search, reviews, backlog } = parts;
  const head = parts.feedHead();
  const decidedTo = now - ingestionLag(backlog, now);
  const ingestion = viewOf("ingestion", { asOf: decidedTo, waiting: backlog.pending() }, now);
  const followers = [
    ["sql", analytics],
    ["search", search],
    ["reviews", reviews],
  ] as const;
  const others = followers.map(async ([name, follower]) => {
    const status = await knownInTime<{ asOf: number; feedVersion: number }>(follower.status());
    if (status === null) return viewOf(name, null, now);
    return viewOf(name, { asOf: status.asOf, waiting: Math.max(0, head - status.feedVersion) }, now);
  });
  return [ingestion, ...(await Promise.all(others))];
}

function viewOf(
  name: ConsumerView["name"],
  known: { asOf: number; waiting: number } | null,
  now: number,
): ConsumerView {
  if (known === null) return { name, state: "unknown", asOf: null, lagSeconds: null, waiting: null };
  const lagSeconds = Math.max(0, now - known.asOf) / 1_000;
  const state = lagSeconds >= behindSeconds ? "behind" : "following";
  return { name, state, asOf: isoTime(known.asOf), lagSeconds, waiting: known.waiting };
}

/** Looked at anew every half minute at most: there may be thousands of files. Null where it cannot be. */
function measuredDisk(dataDir: string, now: () => number): () => Promise<(DiskUse & { at: number }) | null> {
  let measured: { at: number; use: Promise<DiskUse | null> } | null = null;
  return async () => {
    if (measured === null || now() - measured.at >= measureDiskEveryMs) {
      measured = { at: now(), use: diskUse(dataDir).catch(() => null) };
    }
    const { at, use } = measured;
    const found = await use;
    return found === null ? null : { ...found, at };
  };
}

/** What stands in the data directory, by what it is for. */
const partNames: readonly (readonly [name: string, begins: string])[] = [
  ["log", "log"],
  ["state", "state.sqlite"],
  ["messages", "messages"],
  ["sql", "analytics"],
  ["search", "search.sqlite"],
  ["reviews", "reviews.sqlite"],
  ["reviews", "linkage.sqlite"],
];

function diskView(
  { freeBytes, totalBytes, entries, at }: DiskUse & { at: number },
  all: SourceActivity[],
  { tiers, oldestAt }: Tiers,
): DiskView {
  const bytesOf = new Map<string, number>();
  for (const [entry, bytes] of entries) {
    const name = partNames.find(([, begins]) => entry.startsWith(begins))?.[0] ?? "other";
    bytesOf.set(name, (bytesOf.get(name) ?? 0) + bytes);
  }
  const parts = [...bytesOf].map(([name, bytes]) => ({ name, bytes })).sort((one, other) => other.bytes - one.bytes);
  const usedBytes = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const records = recordsIn(all.map(({ total }) => total));
  const perRecord = records < leastRecords ? null : usedBytes / records;
  const perDay = perRecord === null ? 0 : perRecord * recordsIn(all.map(({ lastDay }) => lastDay));
  return {
    measuredAt: isoTime(at),
    freeBytes,
    totalBytes,
    usedBytes,
    parts,
    tiers,
    keptSince: oldestAt === null ? null : isoTime(oldestAt),
    bytesPerMillionRecords: perRecord === null ? null : Math.round(perRecord * 1_000_000),
    daysLeft: perDay === 0 ? null : freeBytes / perDay,
  };
}

function recordsIn(counts: readonly { accepted: number; rejected: number }[]): number {
  const { accepted, rejected } = summed(counts);
  return accepted + rejected;
}

function summed(counts: readonly { accepted: number; rejected: number }[]): { accepted: number; rejected: number } {
  const sum = { accepted: 0, rejected: 0 };
  for (const { accepted, rejected } of counts) {
    sum.accepted += accepted;
    sum.rejected += rejected;
  }
  return sum;
}

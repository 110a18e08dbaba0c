import { mkdirSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { version as engineVersion } from "@duckdb/node-api";
import {
  parseLinkageModel,
  usualProfileModel,
  type IdentityRules,
  type LinkageModel,
} from "../../../identity/index.ts";
import { pairOf } from "../../../model/correction.ts";
import type { Decided } from "../../../storage/followed.ts";
import type { LinkageDatabase } from "../../../storage/linkageDatabase.ts";
import type { Reviews } from "../../../storage/reviews.ts";
import { FollowLoop } from "../followLoop.ts";
import { openLinkageDatabase } from "../linkage/linkageDatabase.ts";
import { type Deciding, paceOf } from "../pace.ts";
import { reviewFollower } from "./follow.ts";
import { openRecordIndex } from "./recordIndex.ts";
import { openReviewFile } from "./reviewFile.ts";
import { reviewQueue } from "./reviewQueue.ts";
import { rememberedRun, runRecords } from "./runRows.ts";

export interface ReviewCoreOptions {
  /** The index of records, and what people answered. */
  indexFile: string;
  reviewFile: string;
  decided: Decided;
  /** Until others are published. */
  rules: IdentityRules;
  /** A folder for what the engine that compares has no memory for; it is made, and its owner removes it. */
  spillDirectory: string;
  /** Pairs at least so probable are offered. */
  reviewFrom: number;
  /** UTC ms. */
  now: () => number;
  /** Of the engine that compares. */
  memoryLimitMb?: number;
  /** Entries of the feed that wait: where more do, nothing is compared. */
  farBehind?: number;
  /** The follower failed and will try again. No personal data in it. */
  onTrouble?: (message: string) => void;
  /** What of the feed is followed durably: nothing after that version may be pruned yet. */
  onFollowed?: (version: number) => void;
}

export interface ReviewCore extends Reviews {
  /** Something was decided: follow it soon. */
  advance(deciding?: Deciding): void;
}

const defaultMemoryLimitMb = 256;

/** Everything of the review queue in one thread. */
export async function openReviews(options: ReviewCoreOptions): Promise<ReviewCore> {
  const { decided, onTrouble, onFollowed } = options;
  const index = openRecordIndex(options.indexFile, `engine ${engineVersion()}`);
  const { database, prepared, isNew } = openReviewFile(
    options.reviewFile,
    preparedParts,
    onTrouble ?? (() => undefined),
  );
  const { runs } = prepared;
  if (isNew) for (const run of decided.linkedRuns()) await runs.putRun(rememberedRun(run, options.reviewFrom));
  const queue = askingOpenOnes(prepared.queue, decided);
  const engine = openedOnce(() => {
    const { spillDirectory, memoryLimitMb = defaultMemoryLimitMb } = options;
    mkdirSync(spillDirectory, { recursive: true, mode: 0o700 });
    return openLinkageDatabase({ spillDirectory, memoryLimitMb, threads: 1 });
  });
  const models = await modelInUse(runs);
  const pace = paceOf();
  const { rules, reviewFrom, now } = options;
  const { farBehind } = options;
  const limits = farBehind === undefined ? {} : { farBehind };
  const parts = { index, queue, decided, rules, reviewFrom, now, yieldTurn: pace.turn, ...limits };
  const follower = reviewFollower({ ...parts, engine: engine.open, model: models.current });
  const loop = new FollowLoop(follower, { name: "reviews", head: () => decided.head(), pace, onTrouble, onFollowed });
  const { partnersOf: _, dropOf: __, setAnchor: ___, withRoom: ____, count, ...asked } = queue;
  return {
    ...asked,
    ...runs,
    keepModel: async (model) => {
      const version = await runs.keepModel(model);
      await models.refresh();
      return version;
    },
    sides: async (ids) =>
      ids.flatMap((id) => {
        const number = index.numberOf(id);
        const found = number === null ? null : index.read(number);
        if (found === null) return [];
        const { profileId, anchor, isUnique } = found;
        return [{ profileId, anchor, isUnique }];
      }),
    caughtUp: () => loop.caughtUp(),
    status: async () => {
      const { records, feedVersion, asOf } = follower.progress();
      return { records, waiting: count(), feedVersion, asOf };
    },
    advance: (deciding = "idle") => loop.wake(deciding),
    close: async () => {
      await loop.stop();
      await engine.close();
      index.close();
      database.close();
      decided.close();
    },
  };
}

function preparedParts(database: DatabaseSync) {
  return { queue: reviewQueue(database), runs: runRecords(database) };
}

/** What is decided already, by whatever way, is not offered. */
function askingOpenOnes(queue: ReturnType<typeof reviewQueue>, decided: Decided): ReturnType<typeof reviewQueue> {
  return {
    ...queue,
    offer: async (offered, at) => {
      const pairs = queue.withRoom(offered);
      const settled = decided.settled(pairs.map(({ a, b }) => pairOf(a.anchor, b.anchor)));
      return queue.offer(
        pairs.filter((_, index) => settled[index] !== true),
        at,
      );
    },
  };
}

/** The latest one that was learned; what is usual, as version 0, before the first. */
async function modelInUse({ model: read }: Pick<Reviews, "model">) {
  let inUse: { version: number; model: LinkageModel } = { version: 0, model: usualProfileModel() };
  const refresh = async (): Promise<void> => {
    const kept = await read(null);
    if (kept !== null) inUse = { version: kept.version, model: await parseLinkageModel(kept.document) };
  };
  await refresh();
  return { current: () => inUse, refresh };
}

function openedOnce(open: () => Promise<LinkageDatabase>) {
  let opened: Promise<LinkageDatabase> | null = null;
  return {
    open: () => (opened ??= open()),
    close: async (): Promise<void> => (await opened)?.close(),
  };
}

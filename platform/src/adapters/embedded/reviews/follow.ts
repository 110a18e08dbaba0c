import { createHash } from "node:crypto";
import {
  normaliseRecords,
  profileRecordOf,
  rulesHash,
  rulesInForce,
  type IdentityRules,
  type LinkageModel,
  type ProfileRecord,
} from "../../../identity/index.ts";
import type { ProfileId } from "../../../model/profile.ts";
import { feedCoverage, nextFeedStep, nothingFollowed } from "../../../storage/followFeed.ts";
import type { Change, Decided } from "../../../storage/followed.ts";
import type { LinkageDatabase } from "../../../storage/linkageDatabase.ts";
import { knownAsOf } from "../asOf.ts";
import type { IndexProgress, RecordIndex } from "./recordIndex.ts";
import { offerLike } from "./offerLike.ts";
import type { reviewQueue } from "./reviewQueue.ts";

/** Of one pass: entries of the feed, or profiles of a full copy. */
const passLimits = { entries: 2_000, copied: 2_000 };
/**
 * Entries of the feed that wait, mere activity too: where more do, as after an import of many, nothing is compared, or it
 * would take hours to be there.
 */
const farBehind = 50_000;
/** Profiles of one transaction: a statement of the linkage's engine costs as much as some hundred of them. */
const sliceProfiles = 400;

export interface FollowParts {
  index: RecordIndex;
  queue: ReturnType<typeof reviewQueue>;
  decided: Decided;
  /** Until others are published. */
  rules: IdentityRules;
  /** Opened when something is to be compared. */
  engine: () => Promise<LinkageDatabase>;
  model: () => { version: number; model: LinkageModel };
  /** Pairs at least so probable are offered. */
  reviewFrom: number;
  /** UTC ms. */
  now: () => number;
  /** Lets questions in between slices. */
  yieldTurn: () => Promise<void>;
  farBehind?: number;
}

export interface ReviewFollower {
  pass(): Promise<boolean>;
  progress(): IndexProgress;
}

/**
 * Keeps the index of records as the profiles are, and offers what new and changed ones resemble. A slice is one
 * transaction, its pairs are offered within it: what a crash leaves half done is done again. While everything is being
 * copied, or very much waits, nothing is compared: that is a linkage's work, and whoever changes afterwards is compared then. Other rules may
 * hold other identifiers for the surest: then everything is copied again.
 */
export function reviewFollower(parts: FollowParts): ReviewFollower {
  const { index, decided, now } = parts;
  let progress = index.progress();
  const coverage = feedCoverage();
  const inTransaction = async (work: () => Promise<void>, reached?: Parameters<RecordIndex["commit"]>[0]) => {
    index.begin();
    try {
      await work();
      index.commit(reached);
    } catch (error) {
      index.rollBack();
      throw error;
    }
  };
  return {
    progress: () => progress,
    pass: async () => {
      const at = now();
      const head = decided.head();
      progress = { ...progress, asOf: knownAsOf(progress.asOf, at) };
      const rules = rulesInForce(decided.rules(), parts.rules);
      const surest = surestBy(rules);
      const isOfRules = index.rules() === surest;
      const step = nextFeedStep(decided, isOfRules ? progress.followed : nothingFollowed, passLimits);
      if (step === null) {
        progress = { ...progress, asOf: Math.max(progress.asOf, at) };
        return false;
      }
      const followed = step.progress;
      const isCopying = step.startsOver || progress.followed.copied !== null;
      if (step.startsOver) await inTransaction(async () => index.startOver(surest));
      const changes = coverage.left(step.changes, followed.feed);
      const isFarBehind = head.feedVersion - progress.followed.version > (parts.farBehind ?? farBehind);
      const mayCompare = !isCopying && !isFarBehind;
      for (const slice of slicesOf(changedProfiles(changes))) {
        await inTransaction(() => takeSlice(slice, mayCompare, { ...parts, rules }));
        await parts.yieldTurn();
      }
      const holdsAll = followed.copied === null && followed.version >= head.feedVersion;
      await inTransaction(async () => undefined, {
        followed,
        asOf: holdsAll ? at : step.startsOver ? 0 : progress.asOf,
      });
      progress = index.progress();
      coverage.applied(changes, { feed: followed.feed, head: step.head });
      return true;
    },
  };
}

/** Of the rules, all that the index depends on: which identifiers are somebody's surest, and of which a person has one. */
function surestBy({ types, otherTypes }: IdentityRules): string {
  const told = ({ kind, rank }: IdentityRules["otherTypes"]) => ({ kind, rank });
  const named = Object.fromEntries(Object.entries(types).map(([type, of]) => [type, told(of)]));
  return rulesHash({ named, others: told(otherTypes) });
}

/** Who was merely active, or bought something, reads as before. */
function changedProfiles(changes: readonly Change[]): ProfileId[] {
  const changed = changes.filter(({ kind, id, cause }) => kind === "profile" && id !== "" && cause === undefined);
  return [...new Set(changed.map(({ id }) => id))];
}

function slicesOf<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / sliceProfiles) }, (_, at) =>
    all.slice(at * sliceProfiles, (at + 1) * sliceProfiles),
  );
}

async function takeSlice(ids: readonly ProfileId[], mayCompare: boolean, parts: FollowParts): Promise<void> {
  const { index, queue, decided, rules } = parts;
  const changed: (ProfileRecord & { digest: string })[] = [];
  for (const [id, found] of decided.profiles(ids)) {
    const record = found === null ? null : profileRecordOf(found.profile, rules);
    if (record === null) {
      index.remove(id);
      queue.dropOf(id);
      continue;
    }
    const digest = mayCompare ? digestOf(record) : copiedDigest;
    if (!mayCompare) {
      // What waits beside it was scored by what it said before.
      if (wasCompared(index.digestOf(id), record)) queue.dropOf(id);
      queue.setAnchor(id, record.anchor);
    }
    if (!mayCompare || index.digestOf(id) !== digest) changed.push({ ...record, digest });
  }
  if (changed.length === 0) return;
  const database = await parts.engine();
  const normalised = await normaliseRecords(
    database,
    changed.map(({ texts }) => texts),
  );
  const numbers = changed.map(({ id, anchor, isUnique, digest }, at) =>
    index.put({ profileId: id, anchor, isUnique, digest, values: [], keys: [], ...normalised[at] }),
  );
  if (mayCompare) await offerLike(numbers, database, parts);
}

/** Of who was taken in and not compared: the next change, of whatever, has them compared. */
const copiedDigest = "copied";

/** And says something else now. */
function wasCompared(before: string | null, record: ProfileRecord): boolean {
  return before !== null && before !== copiedDigest && before !== digestOf(record);
}

function digestOf({ anchor, texts }: ProfileRecord): string {
  return createHash("sha256")
    .update(JSON.stringify([anchor, texts]))
    .digest("base64url")
    .slice(0, 22);
}

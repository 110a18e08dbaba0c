import type { IdentifierPair } from "../model/correction.ts";
import type { FragmentId } from "../model/fragment.ts";
import type { HouseholdId } from "../model/household.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import type { OrderFigures, OrderKey } from "../model/order.ts";
import type { Position } from "../model/position.ts";
import type { Profile, ProfileId } from "../model/profile.ts";
import type { LinkedRun } from "./corrections.ts";
import type { StoredRules } from "./identityAndProfiles.ts";
import type { FragmentPart } from "./timeline.ts";

/** Something that reads differently now, or reads for the first time. */
export interface Change {
  kind: "profile" | "order";
  /** A ProfileId or an OrderKey. */
  id: string;
  /** Where it is not given, anything may have changed. */
  cause?: SmallChange;
}

/**
 * `activity`: the profile's events and fragments were counted and seen; no trait, identifier or order changed. `orders`:
 * beside that its orders changed, and what is computed from them.
 */
export type SmallChange = "activity" | "orders";

/** Of a living profile. */
export interface Activity {
  /** The id that it lives under. */
  id: ProfileId;
  /** UTC ms. */
  firstSeenAt: number;
  lastSeenAt: number;
  /** Source ids. */
  sources: string[];
  /** Fragments. */
  recordCount: number;
}

/** Of a living profile: all that changes while nothing but activity changes. Times are UTC ms. */
export interface Seen {
  firstSeenAt: number;
  lastSeenAt: number;
  eventCount: number;
  fragments: FragmentId[];
  identifiers: { key: IdentifierKey; firstAt: number; lastAt: number }[];
}

export interface FollowedProfile {
  profile: Profile;
  fragments: FragmentId[];
  /** Of these, those of shared devices: which events of their combinations they hold. */
  parts: FragmentPart[];
  /** What others may share: see `HouseholdReads`. */
  ties: { id: HouseholdId; records: number; isHeld: boolean }[];
}

export interface FeedEntry extends Change {
  /** Ascending; gaps mean nothing. The same id may come again at any later version. */
  version: number;
}

/** What the feed holds, and a stretch of it, of one moment. */
export interface FeedStretch {
  /** Another feed has another id and other versions: the state was made anew. */
  feed: string;
  /** Entries up to this version are gone. */
  prunedUntil: number;
  /** Of the latest entry that was ever written. */
  head: number;
  entries: FeedEntry[];
}

/**
 * What a follower sees of decided state: its own read-only connection, in its own thread. Each call is one
 * consistent snapshot. A follower keeps its own position and feed progress, in its own transaction; how it proceeds
 * is `nextFeedStep`.
 */
export interface Decided {
  /** Records before it are kept no longer: whoever shows them takes them away. */
  keptFrom(): Position;
  /** Every record before `position` is decided; every change up to `feedVersion` was written to the feed. */
  head(): { position: Position; feedVersion: number };
  /** Positions in [from, until) whose record was not processed (rejected, suppressed, seen again). */
  notProcessed(from: Position, until: Position): Set<Position>;
  /** `limit` may be 0. `only`: entries of profiles without a cause, and of orders. */
  feed(afterVersion: number, limit: number, only?: "changes"): FeedStretch;
  /**
   * Every living profile and every order, a page at a time, from "" until `next` is null. What is there throughout
   * the reading is named; what comes or changes meanwhile is in the feed. `next` stays good over restarts.
   */
  everything(after: string, limit: number): { changes: Change[]; next: string | null };
  /** Null where the id is not a living profile's (retired or gone): remove its rows. */
  profiles(ids: readonly ProfileId[]): Map<ProfileId, FollowedProfile | null>;
  /** What changes with every event, read without composing the profile. By living or retired id; null for neither. */
  activity(ids: readonly ProfileId[]): Map<ProfileId, Activity | null>;
  /** The same of fragments and identifiers, for who holds them too. Null where the id is not a living profile's. */
  seen(ids: readonly ProfileId[]): Map<ProfileId, Seen | null>;
  orders(keys: readonly OrderKey[]): Map<OrderKey, OrderFigures | null>;
  /** The identity rules that hold; null while none were published. */
  rules(): StoredRules | null;
  /** Those that held for the record at `position`, and the first position for which they do not any more, null for none. */
  rulesAt(position: Position): { rules: StoredRules | null; until: Position | null };
  /** Runs of linkages that linked anybody. */
  linkedRuns(): LinkedRun[];
  /** Of each pair of identifiers whether the people who hold them are one, or somebody keeps them apart. */
  settled(pairs: readonly IdentifierPair[]): boolean[];
  close(): void;
}

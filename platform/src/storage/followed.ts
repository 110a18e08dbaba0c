import type { FragmentId } from "../model/fragment.ts";
import type { OrderFigures, OrderKey } from "../model/order.ts";
import type { Position } from "../model/position.ts";
import type { Profile, ProfileId } from "../model/profile.ts";

export interface FeedEntry {
  /** Ascending; gaps mean nothing. */
  version: number;
  kind: "profile" | "order";
  /** A ProfileId or an OrderKey. The same id may come again at any later version. */
  id: string;
  /** `activity`: the profile's events and fragments were counted and seen; no trait, identifier or order changed. */
  cause?: "activity";
}

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

/**
 * What a follower sees of decided state: its own read-only connection, in its own thread. Each call is one
 * consistent snapshot. A follower keeps its own position and feed version, in its own transaction.
 */
export interface Decided {
  /** Every record before `position` is decided; every change up to `feedVersion` is in the feed. */
  head(): { position: Position; feedVersion: number };
  /** Positions in [from, until) whose record was not processed (rejected, suppressed, seen again). */
  notProcessed(from: Position, until: Position): Set<Position>;
  feed(afterVersion: number, limit: number): FeedEntry[];
  /** Null where the id is not a living profile's (retired or gone): remove its rows. */
  profiles(ids: readonly ProfileId[]): Map<ProfileId, { profile: Profile; fragments: FragmentId[] } | null>;
  /** What changes with every event, read without composing the profile. By living or retired id; null for neither. */
  activity(ids: readonly ProfileId[]): Map<ProfileId, Activity | null>;
  orders(keys: readonly OrderKey[]): Map<OrderKey, OrderFigures | null>;
  close(): void;
}

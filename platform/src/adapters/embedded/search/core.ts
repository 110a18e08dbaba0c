import type { Decided } from "../../../storage/followed.ts";
import type { ProfileSearch } from "../../../storage/profileSearch.ts";
import { FollowLoop } from "../followLoop.ts";
import { type Deciding, paceOf } from "../pace.ts";
import { followerOf } from "./follow.ts";
import { openSearchIndex } from "./searchIndex.ts";

/** A new customer is to be found within a second, unless many events wait; niceness keeps it behind those that decide. */
const maxRestMs = 100;

/** New customers are to be found within a second, also while events wait to be decided; not where these wait longer. */
const busyRestMs = 150;

export interface SearchCoreOptions {
  file: string;
  decided: Decided;
  /** UTC ms. */
  now: () => number;
  /** The follower failed and will try again. No personal data in it. */
  onTrouble?: (message: string) => void;
  /** What of the feed is followed durably: nothing after that version may be pruned yet. */
  onFollowed?: (version: number) => void;
}

export interface SearchCore extends ProfileSearch {
  /** Something was decided: follow it soon. */
  advance(deciding?: Deciding): void;
}

/** Everything of search in one thread. */
export function openSearch(options: SearchCoreOptions): SearchCore {
  const index = openSearchIndex(options.file);
  const pace = paceOf(busyRestMs);
  const follower = followerOf({ index, decided: options.decided, now: options.now, yieldTurn: pace.turn });
  const { decided, onTrouble, onFollowed } = options;
  const head = () => decided.head();
  const loop = new FollowLoop(follower, { name: "search", head, pace, maxRestMs, onTrouble, onFollowed });
  return {
    search: async (query) => ({ ...index.find(query), asOf: follower.current().asOf }),
    caughtUp: () => loop.caughtUp(),
    status: async () => {
      const { profiles, feedVersion, asOf } = follower.current();
      return { profiles, feedVersion, asOf };
    },
    advance: (deciding = "idle") => loop.wake(deciding),
    close: async () => {
      await loop.stop();
      index.close();
      options.decided.close();
    },
  };
}

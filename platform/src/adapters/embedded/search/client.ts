import type { ProfileSearch } from "../../../storage/profileSearch.ts";
import { ownedThread } from "../ownedThread.ts";
import type { Deciding } from "../pace.ts";
import type { SearchAnswers, SearchRequest, SearchThreadSettings } from "./messages.ts";

/** Questions that may wait for the thread; beyond, the answer is 503 with a time to come back. */
const maxWaiting = 128;
const retryAfterSeconds = 1;
const maxYoungGenerationMb = 32;

export interface SearchOptions extends SearchThreadSettings {
  /** For the operator's log. No personal data in it. */
  onTrouble?: (message: string) => void;
  /** Everything up to this version of the feed is followed durably. */
  onFollowed?: (version: number) => void;
}

export type EmbeddedSearch = ProfileSearch & { advance(deciding: Deciding): void };

/** Starts the thread that owns the index; resolves when it is open. */
export async function startSearch(options: SearchOptions): Promise<EmbeddedSearch> {
  const { onTrouble, onFollowed, ...workerData } = options;
  const entry = new URL("./thread.ts", import.meta.url);
  const settings = { entry, name: "search", workerData, maxYoungGenerationMb, retryAfterSeconds };
  const thread = ownedThread<SearchAnswers, SearchRequest>({ ...settings, onTrouble, onFollowed });
  await thread.start();
  const ask = <Kind extends keyof SearchAnswers>(
    kind: Kind,
    request: (id: number) => SearchRequest,
  ): Promise<SearchAnswers[Kind]> => thread.ask(kind, request, { maxWaiting, counts: () => true });
  let decidingNow: Deciding = "idle";
  return {
    search: (query) => ask("search", (id) => ({ kind: "search", id, query })),
    status: () => ask("status", (id) => ({ kind: "status", id })),
    caughtUp: async () => {
      await ask("caughtUp", (id) => ({ kind: "caughtUp", id }));
    },
    advance: (deciding) => {
      decidingNow = deciding;
      thread.tell(() => ({ kind: "advance", deciding: decidingNow }));
    },
    close: () => thread.close((id) => ({ kind: "close", id })),
  };
}

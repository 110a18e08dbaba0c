import { openEventLogReader } from "../adapters/embedded/eventLog/reader.ts";
import type { Frontier } from "../api/stream/frontier.ts";
import { createStreamHub, type StreamHub } from "../api/stream/hub.ts";
import { rememberingNames } from "../api/stream/reads.ts";
import type { IdentityRules } from "../identity/index.ts";
import type { KeyedHash } from "../model/keyedHash.ts";
import { displayNameOf, profileReads } from "../profiles/index.ts";
import type { Fates } from "../storage/fates.ts";
import type { People } from "../storage/people.ts";

const tickMs = 1_000;

export interface EmbeddedStream {
  hub: StreamHub;
  close(): Promise<void>;
}

/** The live stream over decided state, with a reader of the log of its own, ticking once a second. */
export function startStream(parts: {
  logDirectory: string;
  fates: Fates;
  people: People;
  /** The identity rules that hold. */
  rules: () => IdentityRules;
  hash: KeyedHash;
  homeCurrency: string;
  pending: () => number;
  from: Frontier;
  onTrouble: (message: string) => void;
}): EmbeddedStream {
  const { fates, people } = parts;
  const log = openEventLogReader(parts.logDirectory);
  const profiles = profileReads(parts);
  const nameOf = async (id: string): Promise<string | null> => {
    const profile = await profiles.byId(id);
    return profile === null ? null : displayNameOf(profile);
  };
  const hub = createStreamHub({
    reads: {
      fates,
      log,
      profileIdOfFragment: people.profileIdOfFragment,
      person: async (id) => {
        const record = await people.byProfileId(id);
        if (record === null) return null;
        const isShared = record.identifiers.some(({ decision }) => decision === "shared");
        return {
          id: record.profileId,
          identifiers: new Set(record.identifiers.map(({ key }) => key)),
          // Whose an event on a shared device is, is not known before it is decided.
          fragments: new Set(isShared ? [] : record.fragments.map((fragment) => fragment.id)),
        };
      },
      rules: parts.rules,
      nameOf: rememberingNames(nameOf, Date.now),
    },
    now: Date.now,
    later: (ms, work) => void setTimeout(work, ms).unref(),
    pending: parts.pending,
    from: parts.from,
    onTrouble: (error) => parts.onTrouble(`a live stream ended: ${error instanceof Error ? error.name : "unknown"}`),
  });
  const ticking = setInterval(hub.tick, tickMs);
  ticking.unref();
  return {
    hub,
    close: async () => {
      clearInterval(ticking);
      hub.close();
      await log.close();
    },
  };
}

import type { KeyedHash } from "../../../model/keyedHash.ts";
import type { Changes } from "./changes.ts";
import { decidedElsewhere } from "../../../storage/decidedElsewhere.ts";
import type { IdentityAndProfiles } from "../../../storage/identityAndProfiles.ts";
import { changesOf } from "./changesOf.ts";
import { FrozenRows, openEverybody } from "./everybody.ts";
import { defaultFeedLimits, type FeedLimits } from "./feedRetention.ts";
import { Ledger, type LedgerParts } from "./ledger.ts";
import { ReadOvertaken } from "./rowsOfTable.ts";
import { plainReads } from "./stateReads.ts";
import { tenancyReads } from "./tenancyReads.ts";

export interface DynamoStateParts extends LedgerParts {
  hash: KeyedHash;
  feedLimits?: Partial<FeedLimits>;
}

/**
 * The deciding store in a DynamoDB table, by a `Ledger`: one writer at a time, told apart by the head's condition and
 * not by time. Another one that comes takes over; the one before is told at its next commit. Rejects with
 * `StateUnavailable` (its `code` is text) when trying again may help.
 */
export async function openDynamoState(parts: DynamoStateParts): Promise<IdentityAndProfiles> {
  const { hash, newId } = parts;
  const ledger = await Ledger.open(parts);
  const feed = { ...defaultFeedLimits, ...parts.feedLimits };
  const frozen = new Set<FrozenRows>();
  let released = 0;
  const rows = () => ledger.rows;
  const reads = toldOfOvertaking({ ...plainReads(rows, hash), ...tenancyReads(rows, hash) });
  return {
    ...reads,
    position: () => ledger.position(),
    commit: async (decision) => {
      const changes = await overtakenTold(() => changesOf(ledger.rows, decision, { hash, newId, feed, released }));
      await keepForOthers(frozen, ledger, changes);
      await ledger.commit(changes, decision.position);
    },
    everybody: async () => toldOfOvertaking(await openEverybody(rows, hash, frozen)),
    releaseFeed: (version) => {
      released = Math.max(released, version);
    },
    close: async () => parts.client.destroy(),
  };
}

/** Whoever reads everybody as of before goes on seeing what is changed now. */
async function keepForOthers(frozen: ReadonlySet<FrozenRows>, ledger: Ledger, changes: Changes): Promise<void> {
  if (frozen.size === 0) return;
  const places = [...changes.all()].map(({ place }) => place);
  const before = await ledger.rows.texts(places);
  for (const each of frozen) each.keep(places, before);
}

/** Another decider has written since: this one is late. */
async function overtakenTold<Value>(read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ReadOvertaken) throw decidedElsewhere();
    throw error;
  }
}

type Reads = Record<string, (...given: never[]) => Promise<unknown>>;
function toldOfOvertaking<All extends object>(all: All): All {
  const told = Object.entries(all as Reads).map(([name, read]) => [
    name,
    (...given: never[]) => overtakenTold(() => read(...given)),
  ]);
  return Object.fromEntries(told) as All;
}

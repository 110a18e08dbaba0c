import type { StoredRecord } from "../buffer/eventBuffer.ts";
import type { IdentityRules } from "../identity/index.ts";
import type { KeyedHash } from "../model/keyedHash.ts";
import type { Join } from "../model/join.ts";
import type { Position } from "../model/position.ts";
import type { IdentityAndProfiles } from "../storage/identityAndProfiles.ts";
import type { MessageIndex } from "../storage/messageIndex.ts";
import { decide } from "./steps/decide.ts";
import { deduplicate, type Fresh } from "./steps/deduplicate.ts";
import { fold } from "./steps/fold.ts";
import { gather } from "./steps/gather.ts";
import { resolvePeople } from "./steps/resolvePeople.ts";
import { validate } from "./steps/validate.ts";

export interface PipelineParts {
  store: IdentityAndProfiles;
  messages: MessageIndex;
  /** Records by position, to compare later deliveries with the ones that count; a position without one is left out. */
  recordsAt: (positions: readonly Position[]) => Promise<ReadonlyMap<Position, StoredRecord>>;
  hash: KeyedHash;
  rules: IdentityRules;
  /** ISO 4217; what an amount without a currency is in. */
  homeCurrency: string;
  now: () => number;
}

export interface BatchOutcome {
  /** Events, corrections, and what linkages say. */
  processed: number;
  rejected: number;
  duplicates: number;
  /** People that are another one now. */
  joined: number;
  /** Some of the joins, with what showed them. */
  joins: readonly Join[];
}

export interface Pipeline {
  /**
   * Takes a run of records, and `next`, the position after them, through the whole way in one deciding transaction.
   * Replaying a run after a crash changes nothing twice: what was decided is found by its (source, messageId).
   */
  decide(records: readonly StoredRecord[], next: Position): Promise<BatchOutcome>;
  /** For a decision that stands although its answer was lost or what follows it failed: does what follows, again. */
  follow(): Promise<BatchOutcome>;
}

export function createPipeline(parts: PipelineParts): Pipeline {
  let last: { entries: { key: string; position: Position }[]; outcome: BatchOutcome } = {
    entries: [],
    outcome: { processed: 0, rejected: 0, duplicates: 0, joined: 0, joins: [] },
  };
  const follow = async (): Promise<BatchOutcome> => {
    await parts.messages.remember(last.entries);
    return last.outcome;
  };
  return {
    decide: async (records, next) => {
      const validated = validate(records);
      const fresh = await deduplicate(validated, parts);
      const batch = await gather(fresh, parts);
      const folded = fold(batch);
      const people = await resolvePeople(folded, parts);
      const decision = await decide(folded, people, { position: next, processedAt: parts.now() }, parts);
      const { rejected, seenAgain } = fresh;
      const taken = takenOf(fresh);
      last = {
        entries: taken.map(({ messageKey, position }) => ({ key: messageKey, position })),
        outcome: {
          processed: taken.length,
          rejected: rejected.length,
          duplicates: seenAgain.length,
          joined: people.joined,
          joins: people.joins,
        },
      };
      await parts.store.commit(decision);
      return follow();
    },
    follow,
  };
}

/** Whose messages count from now on, in the order of the log. */
function takenOf({ events, corrections }: Fresh): { messageKey: string; position: Position }[] {
  if (corrections.length === 0) return events;
  return [...events, ...corrections].sort((one, other) => one.position - other.position);
}

import type { StoredRecord } from "../buffer/eventBuffer.ts";
import { rulesInForce, type IdentityRules } from "../identity/index.ts";
import type { KeyedHash } from "../model/keyedHash.ts";
import type { Join } from "../model/join.ts";
import type { Position } from "../model/position.ts";
import type { IdentityAndProfiles } from "../storage/identityAndProfiles.ts";
import type { MessageIndex } from "../storage/messageIndex.ts";
import { changeRules, nothing, type Decided } from "./steps/changeRules.ts";
import { decide } from "./steps/decide.ts";
import { deduplicate, type Fresh } from "./steps/deduplicate.ts";
import { fold } from "./steps/fold.ts";
import { followTenancies } from "./steps/followTenancies.ts";
import { gather } from "./steps/gather.ts";
import { keepFrom } from "./steps/keepFrom.ts";
import { resolvePeople } from "./steps/resolvePeople.ts";
import { validate } from "./steps/validate.ts";
import { sharedDevices, type SharedDevices } from "./tenancies/sharedDevices.ts";

export interface PipelineParts {
  store: IdentityAndProfiles;
  messages: MessageIndex;
  /** Records by position, to compare later deliveries with the ones that count; a position without one is left out. */
  recordsAt: (positions: readonly Position[]) => Promise<ReadonlyMap<Position, StoredRecord>>;
  hash: KeyedHash;
  /** Until others are published. */
  rules: IdentityRules;
  /** ISO 4217; what an amount without a currency is in. */
  homeCurrency: string;
  now: () => number;
  /** Asked in the middle of long work. */
  isStopped?: () => boolean;
  /** Events that a batch of several may have folded anew (default 200,000); past them `TooMuchAtOnce`. */
  mostRefolded?: number;
}

export interface BatchOutcome {
  /** Events, corrections, what linkages say, and rules. */
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
   * Replaying a run after a crash changes nothing twice: what was decided is found by its (source, messageId). A version
   * of the rules comes alone.
   */
  decide(records: readonly StoredRecord[], next: Position): Promise<BatchOutcome>;
  /** For a decision that stands although its answer was lost or what follows it failed: does what follows, again. */
  follow(): Promise<BatchOutcome>;
}

export function createPipeline(parts: PipelineParts): Pipeline {
  let last: { entries: { key: string; position: Position }[]; keptFrom: Position; outcome: BatchOutcome } = {
    entries: [],
    keptFrom: 0,
    outcome: { processed: 0, rejected: 0, duplicates: 0, joined: 0, joins: [] },
  };
  const inForce = knownRules(parts);
  const devices = sharedDevices(parts.store);
  const follow = async (): Promise<BatchOutcome> => {
    parts.messages.forget(last.keptFrom);
    await parts.messages.remember(last.entries);
    return last.outcome;
  };
  return {
    decide: async (records, next) => {
      const validated = validate(records);
      const fresh = await deduplicate(validated, parts);
      const at = { position: next, processedAt: parts.now() };
      const { decision, people, release } = await (fresh.rules.length > 0
        ? changeRules(fresh, at, parts)
        : fresh.retention.length > 0
          ? changeKept(fresh, at, parts)
          : decideEvents(fresh, at, { ...parts, rules: await inForce.rules() }, devices));
      const { rejected, seenAgain } = decision;
      const taken = takenOf(fresh);
      last = {
        entries: taken.map(({ messageKey, position }) => ({ key: messageKey, position })),
        keptFrom: decision.kept?.until ?? 0,
        outcome: {
          processed: decision.processed,
          rejected: rejected.length,
          duplicates: seenAgain.length,
          joined: people.joined,
          joins: people.joins,
        },
      };
      // Which rules hold is told by the store, whatever becomes of the commit.
      if (fresh.rules.length > 0) {
        inForce.forget();
        devices.forget();
      }
      try {
        await parts.store.commit(decision);
      } finally {
        await release?.();
      }
      return follow();
    },
    follow,
  };
}

async function decideEvents(
  fresh: Fresh,
  at: { position: Position; processedAt: number },
  parts: PipelineParts,
  devices: SharedDevices,
): Promise<Decided> {
  const folded = fold(await gather(fresh, parts));
  const people = await resolvePeople(folded, parts);
  const followed = await followTenancies(folded, people, parts, devices);
  return { decision: await decide(folded, people, followed, at, parts), people };
}

/** One record of the log, which comes alone. */
async function changeKept(
  fresh: Fresh,
  at: { position: Position; processedAt: number },
  parts: PipelineParts,
): Promise<Decided> {
  const [incoming, ...others] = fresh.retention;
  if (incoming === undefined || others.length + fresh.events.length + fresh.corrections.length > 0) {
    throw new Error("what is kept no longer is said alone");
  }
  const kept = await keepFrom(incoming, parts);
  const decision = { ...nothing(fresh, at), processed: 1, ...(kept === null ? {} : { kept }) };
  return { decision, people: { joined: 0, joins: [] } };
}

/** Asked of the store once, and after each change. */
function knownRules({ store, rules }: PipelineParts): { rules(): Promise<IdentityRules>; forget(): void } {
  let known: IdentityRules | null = null;
  return {
    rules: async () => {
      known ??= rulesInForce(await store.rules(), rules);
      return known;
    },
    forget: () => {
      known = null;
    },
  };
}

/** Whose messages count from now on, in the order of the log. */
function takenOf({ events, corrections, rules, retention }: Fresh): { messageKey: string; position: Position }[] {
  if (corrections.length + rules.length + retention.length === 0) return events;
  return [...events, ...corrections, ...rules, ...retention].sort((one, other) => one.position - other.position);
}

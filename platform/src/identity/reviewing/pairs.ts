import { isoTime } from "../../model/isoTime.ts";
import type { KeyedHash } from "../../model/keyedHash.ts";
import type { Profile, ProfileId } from "../../model/profile.ts";
import { Problem } from "../../model/problem.ts";
import type { People } from "../../storage/people.ts";
import type { OfferedPair } from "../../storage/reviews.ts";
import { lookAt, type LookParts } from "../correcting/look.ts";
import type { Effect } from "../correcting/preview.ts";
import { profileRecordOf } from "../linkage/profileRecord.ts";
import { pairBasis } from "./basis.ts";
import { reviewFields, type ReviewField } from "./fields.ts";
import { decidedElsewhere, type Elsewhere, type Question } from "./stale.ts";

/** Two profiles side by side, as somebody decides them. Plain data: it may cross threads. */
export interface PairSeen {
  profiles: [Profile, Profile];
  fields: ReviewField[];
  /** Decided in another way meanwhile; null while it is open. */
  elsewhere: Elsewhere | null;
  /** Who would be who if they were said to be one; null where that cannot be. */
  effect: Effect | null;
  /** Of all that stands here: see `pairBasis`. */
  basis: string;
  /** Of what a merge would do, as corrections have it; null where there is no effect. */
  mergeBasis: string | null;
}

/** What is worked out of pairs from the evidence around them. */
export interface PairReads {
  /** What the two of each are called, in the same order; null for those that are no question any more. */
  pairNames(pairs: readonly Question[]): Promise<([string, string] | null)[]>;
  /** Null where one of the two is not there any more. */
  pair(pair: OfferedPair): Promise<PairSeen | null>;
  /** Of a pair that has left the queue, by its profile ids: by what and whom, in words; null where that is not known. */
  pairGone(ids: readonly [ProfileId, ProfileId]): Promise<string | null>;
}

export interface PairParts extends LookParts {
  people: People;
  hash: KeyedHash;
  nameOf: (profile: Profile) => string;
}

/** Of one question: of large people each takes some milliseconds. */
export const maxPairsLooked = 10;

export function pairReads(parts: PairParts): PairReads {
  return {
    pairNames: async (pairs) => {
      const named: ([string, string] | null)[] = [];
      for (const pair of pairs) named.push(await namesOf(pair, parts));
      return named;
    },
    pair: (pair) => seenPair(pair, parts),
    pairGone: (ids) => gone(ids, parts),
  };
}

async function profilesOf({ a, b }: Question, parts: PairParts): Promise<[Profile, Profile] | null> {
  const [one, other] = [await profileOf(a.profileId, parts), await profileOf(b.profileId, parts)];
  return one === null || other === null ? null : [one, other];
}

async function profileOf(id: ProfileId, { people, compose }: PairParts): Promise<Profile | null> {
  const record = await people.byProfileId(id);
  return record === null ? null : compose(record);
}

async function namesOf(pair: Question, parts: PairParts): Promise<[string, string] | null> {
  const profiles = await profilesOf(pair, parts);
  if (profiles === null || profiles[0].id === profiles[1].id) return null;
  if ((await decidedElsewhere(pair, parts)) !== null) return null;
  return [parts.nameOf(profiles[0]), parts.nameOf(profiles[1])];
}

async function seenPair(pair: OfferedPair, parts: PairParts): Promise<PairSeen | null> {
  const profiles = await profilesOf(pair, parts);
  if (profiles === null) return null;
  const [one, other] = profiles.map((profile) => profileRecordOf(profile, parts.rules)?.texts ?? []);
  const fields = reviewFields(one ?? [], other ?? [], pair.steps);
  const elsewhere = await decidedElsewhere(pair, parts);
  const looked = elsewhere === null ? await mergeOf(pair, parts) : null;
  const mergeBasis = looked?.basis ?? null;
  const basis = pairBasis({ fields, probability: pair.probability, mergeBasis }, parts.hash);
  return { profiles, fields, elsewhere, effect: looked?.effect ?? null, basis, mergeBasis };
}

async function mergeOf({ a, b }: Question, parts: PairParts) {
  const [least, greatest] = a.anchor < b.anchor ? [a.anchor, b.anchor] : [b.anchor, a.anchor];
  try {
    return await lookAt({ kind: "merge", pair: { a: least, b: greatest }, field: "merge" }, parts);
  } catch (error) {
    // Decided between two looks.
    if (error instanceof Problem && (error.status === 409 || error.status === 404)) return null;
    throw error;
  }
}

async function gone(ids: readonly [ProfileId, ProfileId], parts: PairParts): Promise<string | null> {
  const [a, b] = [await sideOf(ids[0], parts), await sideOf(ids[1], parts)];
  const elsewhere = a === null || b === null ? null : await decidedElsewhere({ a, b }, parts);
  if (elsewhere === null) return null;
  const { message, said } = elsewhere;
  return said === null ? message : `${message} Said by ${said.by} on ${isoTime(said.at).slice(0, 10)}.`;
}

async function sideOf(profileId: ProfileId, { people }: PairParts): Promise<Question["a"] | null> {
  const record = await people.byProfileId(profileId);
  const anchor = record?.identifiers.find(({ id }) => id === profileId)?.key;
  return anchor === undefined ? null : { profileId, anchor };
}

import type { KeyedHash } from "./keyedHash.ts";
import type { ProfileId } from "./profile.ts";

/** What people of one home share, the surest first. */
export const householdKinds = ["address", "payment_card", "phone"] as const;
export type HouseholdKind = (typeof householdKinds)[number];

/**
 * `h_`, the place of its kind among {@link householdKinds} from 1, and a keyed hash of the value that is shared: it says
 * nothing about anybody. By code units a surer one comes before a less sure one. A value that people share and the
 * household that it makes have one id.
 */
export type HouseholdId = string;

export function householdIdOf(hash: KeyedHash, kind: HouseholdKind, value: string): HouseholdId {
  return `h_${householdKinds.indexOf(kind) + 1}${hash(`household\n${kind}\n${value}`)}`;
}

/** Null for what is no such id. */
export function householdKindOf(id: HouseholdId): HouseholdKind | null {
  const [, place] = /^h_([1-9])[\w-]{16}$/.exec(id) ?? [];
  return place === undefined ? null : (householdKinds[Number(place) - 1] ?? null);
}

/** People who share a home, as far as it is known; each is a person of their own. */
export interface Household {
  id: HouseholdId;
  kind: HouseholdKind;
  /** Two at least, sorted by profile id. */
  members: HouseholdMember[];
  /** What ties them, the surest first. */
  shared: SharedValue[];
  /** False where there are more members than are told. */
  isWhole: boolean;
}

export interface HouseholdMember {
  profileId: ProfileId;
  /** What ties them to another member, the surest first. */
  shares: HouseholdKind[];
}

export interface SharedValue {
  kind: HouseholdKind;
  /** As a source wrote it: personal data. */
  value: string;
  /** Members, sorted. */
  profileIds: ProfileId[];
}

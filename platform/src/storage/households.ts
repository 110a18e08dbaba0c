import type { Household, HouseholdId } from "../model/household.ts";
import type { ProfileId } from "../model/profile.ts";
import type { PersonNumber } from "./identityAndProfiles.ts";

/** What households are worked out from, of one moment. */
export interface HouseholdReads {
  /** What the person has that others may share, by id; empty for who is nobody's own person (a hub, a shared device). */
  tiesOf(person: PersonNumber): { id: HouseholdId; value: string; records: number; isHeld: boolean }[];
  /** The people with a record that carries the value, each once; null where more than `mostRecords` records do. */
  carriersOf(id: HouseholdId, mostRecords: number): PersonNumber[] | null;
  profileIdOf(person: PersonNumber): ProfileId;
}

/**
 * Who lives with whom: a function of decided state, read together in one snapshot. Joins and splits of people are in it
 * from the moment they are decided.
 */
export interface HouseholdStore {
  /** Of the person of a living or retired id. Null where there is none, or no such person. */
  ofProfile(id: ProfileId): Promise<Household | null>;
  /** The household that people with this value belong to; its id may be another, where a surer value ties them. */
  byId(id: HouseholdId): Promise<Household | null>;
}

import type { HouseholdKind } from "../../model/household.ts";

/**
 * When something that people share makes a household. Beyond these figures it is an office's address, a hostel's, a
 * shop's card, a switchboard: it says nothing of who lives with whom.
 */
export const householdRules = {
  /** Most people who may have the value now. */
  mostPeople: { address: 8, payment_card: 5, phone: 6 } satisfies Record<HouseholdKind, number>,
  /** Most records (combinations of identifiers) that may ever have carried it, whoever they are now. */
  mostRecords: 100,
  /** Of what one person has, so much is looked at, the surest first. */
  mostTies: 10,
  /** From a value to a surer one that somebody of it has, at most so many times. */
  mostSteps: 8,
  /** Members that an answer tells. */
  mostMembers: 50,
} as const;

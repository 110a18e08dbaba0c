import type { Household, HouseholdId, HouseholdKind, HouseholdMember } from "../../model/household.ts";
import type { Profile, ProfileId } from "../../model/profile.ts";
import type { HouseholdStore } from "../../storage/households.ts";
import { displayNameOf } from "../compose.ts";

/** A household with what its members are called. */
export interface NamedHousehold extends Omit<Household, "members"> {
  members: (HouseholdMember & { displayName: string })[];
  /** In a person's words. It quotes no value. */
  explanation: string;
}

export interface HouseholdReadParts {
  households: HouseholdStore;
  profileOf: (id: ProfileId) => Promise<Profile | null>;
}

export async function readHousehold(
  id: HouseholdId,
  { households, profileOf }: HouseholdReadParts,
): Promise<NamedHousehold | null> {
  const household = await households.byId(id);
  if (household === null) return null;
  const members: NamedHousehold["members"] = [];
  for (const member of household.members) {
    const profile = await profileOf(member.profileId);
    members.push({ ...member, displayName: profile === null ? member.profileId : displayNameOf(profile) });
  }
  return { ...household, members, explanation: explained(household) };
}

const kindWords: Readonly<Record<HouseholdKind, string>> = {
  address: "one address",
  payment_card: "a payment card",
  phone: "a phone",
};

function explained({ shared, members, isWhole }: Household): string {
  const ties = shared.map(({ kind, profileIds }) => `${profileIds.length} share ${kindWords[kind]}`);
  const people = isWhole ? `${members.length} people` : `More than ${members.length} people`;
  return `${people} of one household: ${ties.join(", ")}. Each is a person of their own.`;
}

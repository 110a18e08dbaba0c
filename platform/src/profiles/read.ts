import { normaliseIdentifier } from "../model/normalise.ts";
import { identifierKey } from "../model/identifier.ts";
import { profileIdOf, type KeyedHash } from "../model/keyedHash.ts";
import type { Profile, ProfileId } from "../model/profile.ts";
import type { People } from "../storage/people.ts";
import { composeProfile } from "./compose.ts";

export interface ProfileReads {
  /** Normalises first. Null when nobody has it. */
  byIdentifier(type: string, value: string): Promise<Profile | null>;
  /** A living or a retired id. */
  byId(id: ProfileId): Promise<Profile | null>;
  fragmentsOf(id: ProfileId): ReturnType<People["fragmentsOf"]>;
}

/** Profiles are composed when they are read: there is no second copy that could lag or differ. */
export function profileReads(parts: { people: People; hash: KeyedHash; homeCurrency: string }): ProfileReads {
  const byId = async (id: ProfileId): Promise<Profile | null> => {
    const record = await parts.people.byProfileId(id);
    return record === null ? null : composeProfile({ ...record, hash: parts.hash, homeCurrency: parts.homeCurrency });
  };
  return {
    byId,
    byIdentifier: async (type, value) => {
      const identifier = normaliseIdentifier(type, value);
      return identifier === null ? null : byId(profileIdOf(parts.hash, identifierKey(identifier)));
    },
    fragmentsOf: async (id) => parts.people.fragmentsOf(id),
  };
}

import type { ExplicitEdge } from "../model/evidence.ts";
import type { FragmentId, FragmentState } from "../model/fragment.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import type { OrderState } from "../model/order.ts";
import type { ProfileId } from "../model/profile.ts";
import type { IdentifierRow, PersonNumber, StoredCorrection, StoredRules } from "./identityAndProfiles.ts";

/** A person as stored: what `composeProfile` takes. */
export interface PersonRecord {
  profileId: ProfileId;
  /** Each with the profile id that it would give a person of its own. */
  identifiers: (IdentifierRow & { id: ProfileId })[];
  fragments: FragmentState[];
  orders: OrderState[];
}

/** What the explanation of a person's identity is computed from. */
export interface EvidenceAround {
  identifiers: IdentifierRow[];
  fragments: FragmentState[];
  edges: ExplicitEdge[];
  /** With an end among them: all, the overruled and withdrawn ones too. */
  corrections: StoredCorrection[];
  /** By which they were decided; null while none were published. */
  rules: StoredRules | null;
}

/** Reads of decided people, for those who answer questions. Each call is one consistent snapshot. */
export interface People {
  /** A living or a retired id. */
  byProfileId(id: ProfileId): Promise<PersonRecord | null>;
  byPerson(person: PersonNumber): PersonRecord | null;
  /** Of several persons, in one snapshot; those that are gone are left out. */
  byPersons(persons: readonly PersonNumber[]): Map<PersonNumber, PersonRecord>;
  livingIdOf(person: PersonNumber): ProfileId | null;
  fragmentsOf(id: ProfileId): Promise<FragmentId[] | null>;
  profileIdOfFragment(id: FragmentId): Promise<ProfileId | null>;
  /** Orders that belong to one of the fragments. */
  ordersOf(fragments: readonly FragmentId[]): Promise<{ state: OrderState; ownerFragment: FragmentId }[]>;
  /** The evidence components that the keys belong to. */
  evidenceAround(keys: readonly IdentifierKey[]): Promise<EvidenceAround>;
}

import type { ExplicitEdge } from "../model/evidence.ts";
import type { FragmentId, FragmentState } from "../model/fragment.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import type { OrderState } from "../model/order.ts";
import type { ProfileId } from "../model/profile.ts";
import type { Tenancy } from "../model/tenancy.ts";
import type { FragmentPart } from "./timeline.ts";
import type { IdentifierRow, PersonNumber, StoredRules, StoredStatement } from "./identityAndProfiles.ts";

/** A person as stored: what `composeProfile` takes. */
export interface PersonRecord {
  profileId: ProfileId;
  /** Each with the profile id that it would give a person of its own. */
  identifiers: (IdentifierRow & { id: ProfileId })[];
  fragments: FragmentState[];
  orders: OrderState[];
}

export const maxEvidenceRead = 20_000;

/** What the explanation of a person's identity is computed from. */
export interface EvidenceAround {
  identifiers: IdentifierRow[];
  /** Those of `identifiers` that join people, and are of other evidence components than the ones that were read. */
  outside: ReadonlySet<IdentifierKey>;
  fragments: FragmentState[];
  edges: ExplicitEdge[];
  /** What people and linkages said with an end among them: all, the overruled and withdrawn too. */
  corrections: StoredStatement[];
  /** By which they were decided; null while none were published. */
  rules: StoredRules | null;
}

/** Reads of decided people, for those who answer questions. Each call is one consistent snapshot. */
export interface People {
  /** A living or a retired id. */
  byProfileId(id: ProfileId): Promise<PersonRecord | null>;
  /** What the timeline is asked for. A living or a retired id. */
  fragmentsOf(id: ProfileId): Promise<(FragmentId | FragmentPart)[] | null>;
  /** Whose an event is that was folded under this combination's fragment. `at`: its event time, UTC ms. */
  profileIdOfFragment(id: FragmentId, at: number): Promise<ProfileId | null>;
  /** Who has some devices when; one that is its own person's throughout is missing. */
  tenancies(devices: readonly IdentifierKey[]): Promise<Map<IdentifierKey, Tenancy[]>>;
  /** Orders that belong to one of the fragments. */
  ordersOf(fragments: readonly FragmentId[]): Promise<{ state: OrderState; ownerFragment: FragmentId }[]>;
  /**
   * The evidence components that the keys belong to. Problem 422 `evidence_too_large` where more than
   * {@link maxEvidenceRead} identifiers hang together: nobody has so many, and nothing would be explained by them.
   */
  evidenceAround(keys: readonly IdentifierKey[]): Promise<EvidenceAround>;
}

/** What is read at once, by the numbers that the store's own tables have: of a store that lies in this process's files. */
export interface PeopleOfFile extends People {
  byPerson(person: PersonNumber): PersonRecord | null;
  /** Of several persons, in one snapshot; those that are gone are left out. */
  byPersons(persons: readonly PersonNumber[]): Map<PersonNumber, PersonRecord>;
  livingIdOf(person: PersonNumber): ProfileId | null;
}

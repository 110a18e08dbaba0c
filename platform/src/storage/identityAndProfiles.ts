import type { Rejection } from "../model/event.ts";
import type { FragmentId, FragmentState } from "../model/fragment.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import type { OrderKey, OrderState } from "../model/order.ts";
import type { Position } from "../model/position.ts";
import type { ProfileId } from "../model/profile.ts";
import type { ExplicitEdge, NodeDecision } from "../model/evidence.ts";

/** Internal, small and dense; never leaves the store's own tables. */
export type PersonNumber = number;

/** A fragment with where it stands. `person` is 0 for guests. */
export interface FragmentRow {
  state: FragmentState;
  person: PersonNumber;
}

export interface IdentifierRow {
  key: IdentifierKey;
  person: PersonNumber;
  decision: NodeDecision;
  /** Distinct values of unique types seen with it, sorted; empty once the decision is final (hub). */
  seenWith: IdentifierKey[];
}

export interface PersonRow {
  person: PersonNumber;
  component: number;
  /** Its living profile id. */
  profileId: ProfileId;
}

/** Everything about some components: what `resolve` needs, and what a merge or split has to rewrite. */
export interface ComponentRows {
  persons: PersonRow[];
  identifiers: IdentifierRow[];
  fragments: FragmentRow[];
  edges: ExplicitEdge[];
}

/** What one batch changes. Applied in one transaction with the position, or not at all. */
export interface Decision {
  /** Every record before it is decided by this batch or an earlier one. */
  position: Position;
  processedAt: number;
  fragments: { row: FragmentRow; isNew: boolean; detailChanged: boolean }[];
  /** Fragments that only change person. */
  movedFragments: { id: FragmentId; person: PersonNumber }[];
  identifiers: IdentifierRow[];
  persons: PersonRow[];
  removedPersons: PersonNumber[];
  edges: ExplicitEdge[];
  orders: OrderState[];
  /** Living ids that changed and ids that stopped living. */
  changedProfiles: ProfileId[];
  rejected: { position: Position; messageKey: string; source: string; messageId: string; reason: Rejection }[];
  /** Later deliveries of a message that was accepted at `first`. */
  seenAgain: { position: Position; first: Position; differs: boolean }[];
}

/**
 * The deciding store. Batch-shaped: a batch's reads are fetched together before it is folded in memory, its writes
 * leave together. `commit` is atomic and durable enough that after a crash the store holds exactly a prefix of the
 * decisions (the log replays the rest).
 */
export interface IdentityAndProfiles {
  position(): Promise<Position>;
  fragments(ids: readonly FragmentId[]): Promise<Map<FragmentId, FragmentRow>>;
  identifiers(keys: readonly IdentifierKey[]): Promise<Map<IdentifierKey, IdentifierRow>>;
  persons(numbers: readonly PersonNumber[]): Promise<Map<PersonNumber, PersonRow>>;
  component(components: readonly number[]): Promise<ComponentRows>;
  orders(keys: readonly OrderKey[]): Promise<Map<OrderKey, OrderState>>;
  /** Dense numbers for new persons and components: the first of `count` free ones. */
  nextNumber(): Promise<number>;
  commit(decision: Decision): Promise<void>;
  close(): Promise<void>;
}

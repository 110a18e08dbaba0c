import type { ExplicitEdge, NodeDecision } from "../../../model/evidence.ts";
import type { FragmentId, FragmentState } from "../../../model/fragment.ts";
import type { HouseholdId } from "../../../model/household.ts";
import type { OrderState } from "../../../model/order.ts";
import type { Position } from "../../../model/position.ts";
import type { ProfileId } from "../../../model/profile.ts";
import type { RejectionCause } from "../../../model/rejectionCause.ts";
import type { Rejection } from "../../../model/event.ts";
import type { ViolationCount } from "../../../model/trackingPlan.ts";
import type {
  DeviceTally,
  Kept,
  LeftPart,
  StoredRules,
  StoredStatement,
} from "../../../storage/identityAndProfiles.ts";
import type { KeptRejection } from "../../../storage/fates.ts";
import type { Listing } from "./listing.ts";
import { inCollection, inOrder, keyText, row, type Place } from "./place.ts";

/**
 * The rows of the state, by how they are asked for. An identifier is named by its potential profile id, so that no key
 * holds personal data but those of shared devices (`sharedPlace`). A fragment's and an identifier's row may be there
 * for what others say of it, before (or after) there is one: then `person` is missing.
 */
export interface StateRow {
  nextNumber: number;
  persons: number;
  /** Fragments. */
  combinations: number;
  processed: number;
  rejected: number;
  duplicates: number;
  kept: Kept;
  feed: { id: string; head: number; prunedUntil: number };
  /** Whether any was ever said. */
  edges: boolean;
  statements: boolean;
  crossings: boolean;
  causes: number;
  violations: number;
  /** Kept by the minute, ascending. */
  minutes: number[];
}

export type EncodedSpan = [source: string, count: number, firstAt: number, firstMessageId: string, lastAt: number];
export type EncodedSighting = [at: number, position: Position, logout: number];

/**
 * `tenants`: fragments of the same combination that somebody had who was signed in. `crossedBy`: identifiers (see
 * `Crossing`). `orders`: keys of those that it owns.
 */
export interface FragmentRowOf extends Listing<"tenants" | "crossedBy" | "orders"> {
  person?: number;
  identifiers?: readonly string[];
  spans?: EncodedSpan[];
  logouts?: number;
  tenant?: string;
  base?: FragmentId;
  device?: string;
  /** Its latest sightings; those before them are in so many chunks. */
  seen?: EncodedSighting[];
  chunks?: number;
}

export type DetailRow = Pick<FragmentState, "traits" | "consents">;

/**
 * `from`, `to`: aliases that begin or end here, as `other id.source`. `said`: positions of what people and linkages said
 * of it. `crossings`: fragments. `bases`: combinations that hold this device. `handed`: fragments that its tenants had,
 * as `tenant's id.fragment`.
 */
export interface IdentifierRowOf extends Listing<"from" | "to" | "said" | "crossings" | "bases" | "handed"> {
  key?: string;
  person?: number;
  decision?: NodeDecision;
  seenWith?: string[];
  firstAt?: number;
  tally?: DeviceTally;
  /** How many stand in its collection. */
  tenancies?: number;
  /** It stands among the devices that are asked for by their keys. */
  wasShared?: true;
}

/** A number is a person's, an evidence component's (`members`: its persons), or both. */
export interface PersonRowOf extends Listing<"identifiers" | "fragments" | "members"> {
  component?: number;
  profileId?: ProfileId;
}

export interface OrderRow {
  state: OrderState;
  ownerFragment: FragmentId;
}

/** `refused`: positions of a message's refusals. `isOpen`: one that waits to be mended, none taken since. */
export interface MessageRow extends Listing<"refused"> {
  unmended?: boolean;
}

export interface CauseRow extends RejectionCause {
  number: number;
  count: number;
  open: number;
  firstAt: number | null;
  lastAt: number | null;
  lastPosition: Position;
  latest: { messageId: string; reason: Rejection };
}

export interface SourceRow {
  accepted: number;
  rejected: number;
  lastAcceptedAt: number | null;
  lastRejectedAt: number | null;
}

export type ViolationRow = ViolationCount & { number: number };
export type FeedKind = "retired" | "person" | "activity" | "orders" | "order";
/** Entries of one decision, or some of them; the row lies at the version of the last. */
export interface FeedRow {
  first: number;
  entries: [FeedKind, number | string][];
}

export const statePlace: Place<StateRow> = row("state");
export const fragmentPlace = (id: FragmentId): Place<FragmentRowOf> => row(`F#${id}`);
export const detailPlace = (id: FragmentId): Place<DetailRow> => row(`D#${id}`);
export const leftPlace = (id: FragmentId): Place<LeftPart> => row(`L#${id}`);
export const identifierPlace = (id: ProfileId): Place<IdentifierRowOf> => row(`I#${id}`);
export const personPlace = (number: number): Place<PersonRowOf> => row(`P#${number}`);
export const edgePlace = (a: ProfileId, b: ProfileId, source: string): Place<ExplicitEdge> =>
  row(`E#${a}#${b}#${source}`);
export const statementPlace = (at: Position): Place<StoredStatement> => inCollection("K", inOrder(at));
export const statementIdPlace = (id: string): Place<{ position: Position }> => row(`KI#${id}`);
export const runPlace = (run: string, at: Position): Place<object> => inCollection(`KR#${run}`, inOrder(at));
export const orderPlace = (key: string): Place<OrderRow> => row(`O#${key}`);
export const sightingsPlace = (id: FragmentId, chunk: number): Place<EncodedSighting[]> => row(`S#${id}#${chunk}`);
export const tenancyPlace = (
  device: ProfileId,
  from: number | null,
): Place<{ from: number | null; tenant: string | null }> =>
  inCollection(`T#${device}`, from === null ? "!" : timeInOrder(from));
/** Identifiers that are blocked, hubs or shared. */
export const joiningNobodyPlace = (id: ProfileId): Place<object> => inCollection("joining nobody", id);
export const crossingPlace = (identifier: ProfileId, fragment: FragmentId): Place<[ProfileId, FragmentId]> =>
  inCollection("crossings", `${identifier}.${fragment}`);
/** `pair`: the ids of both. */
export const aliasPlace = (pair: string): Place<[string, string]> => inCollection("aliases", pair);
/** By its key: they are asked for in that order. */
export const sharedPlace = (key: string): Place<object> => inCollection("shared", key);
export const tiePlace = (tie: HouseholdId): Place<Listing<"fragments">> => row(`H#${tie}`);
export const messagePlace = (key: string): Place<MessageRow> => row(`M#${key}`);
export const refusalPlace = (at: Position): Place<KeptRejection> => inCollection("R", inOrder(at));
export const causePlace = (id: string): Place<CauseRow> => inCollection("causes", id);
/** How many causes a source has. */
export const causesOfPlace = (source: string): Place<{ causes?: number }> => row(`causes#${source}`);
export const duplicatePlace = (at: Position): Place<{ first: Position }> => inCollection("again", inOrder(at));
export const seenAgainPlace = (first: Position): Place<{ count: number; differs: boolean }> =>
  inCollection("seen again", inOrder(first));
export const batchPlace = (until: Position): Place<{ processedAt: number; processed: number }> =>
  inCollection("batches", inOrder(until));
export const sourcePlace = (source: string): Place<SourceRow> => inCollection("sources", keyText(source));
export const minutePlace = (minute: number, source: string): Place<Pick<SourceRow, "accepted" | "rejected">> =>
  inCollection("minutes", `${inOrder(minute)}#${source}`);
export const violationPlace = (source: string, name: string): Place<ViolationRow> => inCollection(`V#${source}`, name);
export const toldPlace = (source: string, version: number): Place<{ told: number }> => row(`VN#${source}#${version}`);
export const rulesPlace = (number: number): Place<StoredRules> => inCollection("rules", inOrder(number));
export const feedPlace = (last: number): Place<FeedRow> => inCollection("feed", inOrder(last));

/** Where refusals are asked for by something that they have in common. */
export const refusalIndexes = {
  ofSource: (source: string) => `R#source#${source}`,
  ofCause: (cause: string) => `R#cause#${cause}`,
  open: () => "R#open",
  openOfSource: (source: string) => `R#open#source#${source}`,
  openOfCause: (cause: string) => `R#open#cause#${cause}`,
};

/** Times before 1970 too: of those, the earlier sorts first. */
function timeInOrder(at: number): string {
  return at < 0 ? `-${inOrder(Number.MAX_SAFE_INTEGER + at)}` : inOrder(at);
}

export const noState: StateRow = {
  nextNumber: 1,
  persons: 0,
  combinations: 0,
  processed: 0,
  rejected: 0,
  duplicates: 0,
  kept: { from: 0, records: 0, exceptions: 0 },
  feed: { id: "", head: 0, prunedUntil: 0 },
  edges: false,
  statements: false,
  crossings: false,
  causes: 0,
  violations: 0,
  minutes: [],
};

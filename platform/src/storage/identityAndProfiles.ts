import type { Correction, Link, Statement } from "../model/correction.ts";
import type { Rejection } from "../model/event.ts";
import type { FragmentId, FragmentState, Sighting, SourceSpan } from "../model/fragment.ts";
import type { HouseholdId } from "../model/household.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import type { OrderKey, OrderState } from "../model/order.ts";
import type { Position } from "../model/position.ts";
import type { ProfileId } from "../model/profile.ts";
import type { ExplicitEdge, NodeDecision } from "../model/evidence.ts";
import type { RejectionCause } from "../model/rejectionCause.ts";
import type { Tenancy } from "../model/tenancy.ts";
import type { RulesVersion } from "../model/rulesVersion.ts";
import type { BatchViolation } from "../model/trackingPlan.ts";
import type { Everybody } from "./everybody.ts";

/** Internal, small and dense; never leaves the store's own tables. */
export type PersonNumber = number;

/** A fragment with where it stands. `person` is 0 for guests. */
export interface FragmentRow {
  state: FragmentState;
  person: PersonNumber;
  /** Of a fragment with a tenant: the one of its combination without, and the device. Needed where it is new. */
  handed?: { base: FragmentId; device: IdentifierKey };
}

export interface IdentifierRow {
  key: IdentifierKey;
  person: PersonNumber;
  decision: NodeDecision;
  /** Distinct values of unique types seen with it, sorted; empty once the decision is final. */
  seenWith: IdentifierKey[];
  /** UTC ms of the earliest event that carried it: the least of a person's identifiers names its living profile. */
  firstAt: number;
}

export interface PersonRow {
  person: PersonNumber;
  /** Evidence component: persons whom evidence connects, refused evidence too, have one number, unless the cap parts them. */
  component: number;
  /** Its living profile id. */
  profileId: ProfileId;
}

/** A fragment as evidence: without what was learned. */
export interface FragmentEvidence {
  id: FragmentId;
  person: PersonNumber;
  identifiers: readonly IdentifierKey[];
  spans: Record<string, SourceSpan>;
  /** As of a FragmentState. */
  tenant?: IdentifierKey;
  logouts?: number;
}

/** A fragment of a combination that holds a device. */
export interface DeviceFragment extends FragmentEvidence {
  /** That of its combination, whoever had the device: itself where nobody did. */
  base: FragmentId;
  /** The one that its tenant had; null where it has none. */
  device: IdentifierKey | null;
}

/** Of all events that carry a shared device. */
export interface DeviceTally {
  /** Combinations of identifiers that hold it. */
  combinations: number;
  events: number;
  /** UTC ms, of the latest of them by event time. */
  lastAt: number;
}

/** What happened on devices that change hands, as far as a decision changes it. */
export interface TenancyChange {
  /** Fragments that were folded anew: their sightings among `fragments` are all that they have. */
  refolded: FragmentId[];
  /** Fragments of another device's tenants than they were. */
  rehomed: { fragment: FragmentId; device: IdentifierKey }[];
  /** Fragments that hold no event any more. */
  emptied: { fragment: FragmentId; base: FragmentId }[];
  /** Spans that are no more, by where they begin, and those that are new. A device that is its own throughout has none. */
  held: { device: IdentifierKey; gone: readonly Tenancy["from"][]; come: readonly Tenancy[] }[];
  /** Null: none is kept any more. */
  tallies: { device: IdentifierKey; tally: DeviceTally | null }[];
}

/** Everything about some components: what `resolve` needs, and what a merge or split has to rewrite. */
export interface ComponentRows {
  persons: PersonRow[];
  identifiers: IdentifierRow[];
  /** Of these persons, and those that cross into one of the components by an identifier that joins people. */
  fragments: FragmentEvidence[];
}

/** A fragment holds an identifier of another evidence component than that of its person: the cap parts the two. */
export interface Crossing {
  identifier: IdentifierKey;
  fragment: FragmentId;
}

export interface WrittenFragment {
  row: FragmentRow;
  isNew: boolean;
  detailChanged: boolean;
  /** Of a fragment that holds a device: of the events that came into it. */
  sightings?: readonly Sighting[];
}

/** What one batch changes. Applied in one transaction with the position, or not at all. */
export interface Decision {
  /** Every record before it is decided by this batch or an earlier one. Beyond the position before. */
  position: Position;
  /** UTC ms. */
  processedAt: number;
  /** Events, corrections and links that this batch processed (neither rejected nor seen again). */
  processed: number;
  fragments: WrittenFragment[];
  /** What of a fragment's says with whom somebody lives, where it changed. */
  ties: { fragment: FragmentId; added: HouseholdId[]; removed: HouseholdId[] }[];
  /** Fragments that change only their person. */
  movedFragments: { id: FragmentId; person: PersonNumber }[];
  /** Known ones may come again. None is ever taken back: one that holds no more costs a look. */
  crossings: Crossing[];
  identifiers: IdentifierRow[];
  persons: PersonRow[];
  removedPersons: PersonNumber[];
  edges: ExplicitEdge[];
  /** What people and linkages said, new ones: none is ever changed. */
  corrections: StoredStatement[];
  orders: { state: OrderState; ownerFragment: FragmentId }[];
  /** Persons whose profile reads differently now. */
  changedPersons: PersonNumber[];
  /** Of these, those whose events and fragments were only counted and seen: no trait, identifier or order changed. */
  onlyActive: PersonNumber[];
  /** Others of these, of whom beside that only orders changed. */
  onlyOrders: PersonNumber[];
  /** Ids that are no longer living. */
  retiredProfiles: ProfileId[];
  rejected: RejectedRow[];
  /** Messages that this batch took and that were refused before it: nothing of theirs is left to be mended. */
  mended: string[];
  /** Later deliveries of a message that was accepted at `first`. */
  seenAgain: { position: Position; first: Position; differs: boolean }[];
  /** What came from each source in each minute, by time of receipt; later deliveries of a message count too. */
  received: SourceMinute[];
  /** Absent where no shared device was met. */
  tenancies?: TenancyChange;
  /** How tracking plans were broken by what was taken, each way once, in the order in which it was first met. */
  violations: BatchViolation[];
  /** Only in a decision that publishes rules. */
  rules?: RulesDecision;
  /** Only in a decision by which records are kept no longer. */
  kept?: KeptDecision;
}

/** Records before `until` are kept no longer: all their fates go, and what they said of devices' fragments is put aside. */
export interface KeptDecision {
  from: Position;
  until: Position;
  /** How many there were from `from` on, refused and repeated ones too. */
  records: number;
  /** As they are now, with what was put aside before. */
  left: readonly LeftPart[];
}

/** What of a fragment comes from events that are kept no longer. */
export interface LeftPart extends Pick<FragmentState, "id" | "spans" | "traits" | "consents"> {
  logouts: number;
}

export interface Kept {
  /** Fates of records before it are not known any more, nor are their messages. 0: everything is kept. */
  from: Position;
  /** How many records that is, and how many of them were refused or repeated. */
  records: number;
  exceptions: number;
}

/** A call that was refused. */
export interface RejectedRow {
  position: Position;
  messageKey: string;
  source: string;
  messageId: string;
  reason: Rejection;
  cause: RejectionCause;
  /** UTC ms; null for what cannot be read. */
  receivedAt: number | null;
  /** A call of its messageId counts already, or does so by this batch. */
  isTaken: boolean;
}

/** Rules that are kept from now on, and what they change, beside what the decision itself says. */
export interface RulesDecision {
  version: StoredRules;
  /** Asked for one lot after another while the decision is being written: all of them together may be too many to hold. */
  lots: AsyncIterable<PeopleLot>;
  /** Asked for once all lots are written, and reads what they say: what becomes of devices that change hands. */
  handovers?: AsyncIterable<Handovers>;
}

/** Fragments and orders that change because devices are others' now. */
export type Handovers = Pick<Decision, "fragments" | "ties" | "orders" | "movedFragments" | "changedPersons"> & {
  tenancies: TenancyChange;
};

/** What changes of some people who hang together, and of nobody else. */
export type PeopleLot = Pick<
  Decision,
  "movedFragments" | "crossings" | "identifiers" | "persons" | "removedPersons" | "changedPersons" | "retiredProfiles"
>;

/** `position`: of its record in the log. */
export interface StoredRules extends RulesVersion {
  position: Position;
}

/** `position`: of its record in the log. */
export type StoredStatement = Statement & { position: Position };
export type StoredCorrection = Correction & { position: Position };
export type StoredLink = Link & { position: Position };

export interface SourceMinute {
  source: string;
  /** Minutes since the epoch. */
  minute: number;
  accepted: number;
  rejected: number;
  /** UTC ms of the latest; null where there is none. */
  lastAcceptedAt: number | null;
  lastRejectedAt: number | null;
}

/**
 * The deciding store. Batch-shaped: a batch's reads are fetched together before it is folded in memory, its writes
 * leave together. `commit` is atomic; after a crash the store holds exactly a prefix of the decisions, and the log
 * replays the rest. It may resolve before all rows are where they belong (a table that takes no transaction of that
 * size): from then on every read, its own and others', gives what is decided all the same.
 *
 * A rejected `commit` may have been done all the same (its answer was lost): `position` tells, and every read after it
 * gives what is decided. It rejects with Problem 409 `decided_elsewhere`, and changes nothing, when another writer has
 * decided since this one last asked for `position` or committed: whoever meets it is late and must end. It rejects
 * with another Problem when it can never hold what the decision says, because of its
 * content; with an error that has a text `code` when trying again may help (a full disk, a lock).
 */
export interface IdentityAndProfiles {
  position(): Promise<Position>;
  /** `traits` and `consents` are filled only for the ids in `withDetail`; a caller that folds into them asks for them. */
  fragments(ids: readonly FragmentId[], withDetail: ReadonlySet<FragmentId>): Promise<Map<FragmentId, FragmentRow>>;
  personsOfFragments(ids: readonly FragmentId[]): Promise<Map<FragmentId, PersonNumber>>;
  identifiers(keys: readonly IdentifierKey[]): Promise<Map<IdentifierKey, IdentifierRow>>;
  /** Explicit edges with either end among the keys: of each key all, or at least `most` of each end. */
  edges(keys: readonly IdentifierKey[], most: number): Promise<ExplicitEdge[]>;
  /** Explicit edges from `a` to `b`, of all sources. */
  edgesBetween(pairs: readonly { a: IdentifierKey; b: IdentifierKey }[]): Promise<ExplicitEdge[]>;
  /** What people and linkages said with either end among the keys, the overruled and withdrawn too. */
  corrections(keys: readonly IdentifierKey[]): Promise<StoredStatement[]>;
  persons(numbers: readonly PersonNumber[]): Promise<Map<PersonNumber, PersonRow>>;
  /**
   * Those whose evidence component holds nobody else and no fragment crosses, so that no edge of theirs is refused but
   * to hubs and the like, and of whose identifiers no person and no linkage said anything, withdrawn or not.
   */
  personsAlone(numbers: readonly PersonNumber[]): Promise<Set<PersonNumber>>;
  /** All identifiers of these persons. */
  identifiersOf(numbers: readonly PersonNumber[]): Promise<IdentifierRow[]>;
  fragmentsOf(numbers: readonly PersonNumber[]): Promise<{ id: FragmentId; person: PersonNumber }[]>;
  components(numbers: readonly number[]): Promise<ComponentRows>;
  /** Of the devices, those that more than `most` combinations hold. Counted no further. */
  crowdedDevices(devices: readonly IdentifierKey[], most: number): Promise<Set<IdentifierKey>>;
  /** Fragments of combinations that hold one of the devices, each once: all of them, so not of crowded ones. */
  fragmentsOfDevices(devices: readonly IdentifierKey[]): Promise<DeviceFragment[]>;
  /** Of some combinations that hold devices, by the fragment that nobody's login takes. */
  fragmentsOfCombinations(bases: readonly FragmentId[]): Promise<DeviceFragment[]>;
  /** Persons of a device's fragments that one of the tenants had. */
  personsOfTenants(device: IdentifierKey, tenants: readonly IdentifierKey[]): Promise<PersonNumber[]>;
  /** Of those that one is kept of. */
  deviceTallies(devices: readonly IdentifierKey[]): Promise<Map<IdentifierKey, DeviceTally>>;
  /** All of some fragments that hold devices, in any order. */
  sightings(fragments: readonly FragmentId[]): Promise<Map<FragmentId, Sighting[]>>;
  /** Who has some devices when; one that is its own person's throughout is missing. */
  tenancies(devices: readonly IdentifierKey[]): Promise<Map<IdentifierKey, Tenancy[]>>;
  /** Devices that are shared, or were and still have tenancies, fragments of them or a tally. After `after`, sorted. */
  sharedDevices(after: IdentifierKey, limit: number): Promise<IdentifierKey[]>;
  orders(keys: readonly OrderKey[]): Promise<Map<OrderKey, { state: OrderState; ownerFragment: FragmentId }>>;
  /** The least number that no person or component has had: callers count up from it within a batch. */
  nextNumber(): Promise<number>;
  /** Of some messages, those that were refused and of which none was taken since. Costs nothing where none ever was. */
  refused(messageKeys: readonly string[]): Promise<Set<string>>;
  /** From where on records are kept. */
  kept(): Promise<Kept>;
  /** What was put aside of some fragments. */
  leftParts(ids: readonly FragmentId[]): Promise<Map<FragmentId, LeftPart>>;
  /** Positions of records that were refused, or came again. */
  notProcessed(from: Position, until: Position): Promise<Set<Position>>;
  /** The published version that holds; null while none was published. */
  rules(): Promise<StoredRules | null>;
  /** As decided now: it does not see what later commits change. */
  everybody(): Promise<Everybody>;
  commit(decision: Decision): Promise<void>;
  /**
   * Every follower durably has the feed's changes up to `version`: entries before it may go, with later commits and
   * save for some slack. Until it is called, the feed is only kept within a bound; a follower that finds its next
   * entries gone copies everything (`nextFeedStep`).
   */
  releaseFeed(version: number): void;
  close(): Promise<void>;
}

/** What it knows of devices that change hands. */
export type TenancyReads = Pick<
  IdentityAndProfiles,
  | "crowdedDevices"
  | "fragmentsOfDevices"
  | "fragmentsOfCombinations"
  | "personsOfTenants"
  | "deviceTallies"
  | "sightings"
  | "tenancies"
  | "sharedDevices"
>;

import type { CorrectionService, LinkageRuns, LinkService, ReviewService, RulesService } from "../identity/index.ts";
import type { JsonObject } from "../model/event.ts";
import type { HouseholdId, HouseholdKind } from "../model/household.ts";
import type { NodeDecision } from "../model/evidence.ts";
import type { PlanViolation } from "../model/trackingPlan.ts";
import type { Profile, ProfileId, TraitHistory } from "../model/profile.ts";
import type { AccessStore } from "../storage/access.ts";
import type { Backups } from "./backups.ts";
import type { OperationsView } from "./operations.ts";
import type { PlanServices } from "./planViews.ts";
import type { RejectionServices, ReplayServices } from "./rejectionViews.ts";
import type { StreamHub } from "./stream/hub.ts";
import type { Reviews } from "../storage/reviews.ts";
import type { ProfileSearch } from "../storage/profileSearch.ts";
import type { People } from "../storage/people.ts";
import type { Analytics } from "../storage/timeline.ts";

/** An edge as the API shows it (API.md, identity). Times ISO 8601. */
export interface EdgeView {
  from: string;
  to: string;
  rule: string;
  kind: "same" | "different";
  confidence: number;
  source: string;
  messageId: string;
  occurredAt: string;
  lastOccurredAt: string;
  count: number;
  status: "active" | "refused";
  reason: string | null;
  /** Of what a person said (`messageId` is the correction's id): by whom, and why. */
  said?: { by: string; reason: string };
}

export interface IdentityView {
  identifiers: { identifier: string; decision: NodeDecision; reason: string | null }[];
  edges: EdgeView[];
  /** Shared devices that somebody signed in on, by device, at most 20. */
  devices: DeviceView[];
  /** How many more shared devices there are. */
  devicesLeftOut: number;
}

/** Who had a shared device: the latest 100 spans, in order and without gaps, and how many were before. Times ISO 8601; null: since ever, for ever. */
export interface DeviceView {
  device: string;
  /** `login`: the identifier of whoever had it; null: the device's own person. */
  spans: { from: string | null; until: string | null; login: string | null }[];
  spansLeftOut: number;
}

export interface WhyView {
  a: string;
  b: string;
  samePerson: boolean;
  profileIds: [ProfileId | null, ProfileId | null];
  /** Edges from a to b in order when they are one person; else the refused edges and decisions that keep them apart. */
  path: EdgeView[];
  refused: EdgeView[];
  explanation: string;
}

/** `people`: how many, up to the most that are told. */
export interface ProfileHousehold {
  id: HouseholdId;
  people: number;
}

/** A profile as it is answered whole. */
export type ProfileView = Profile & { household: ProfileHousehold | null };

export interface HouseholdView {
  id: HouseholdId;
  kind: HouseholdKind;
  members: { id: ProfileId; displayName: string; shares: HouseholdKind[] }[];
  shared: { kind: HouseholdKind; value: string; members: ProfileId[] }[];
  isWhole: boolean;
  explanation: string;
}

export interface FateView {
  fate: "processed" | "suppressed" | "rejected" | "pending";
  reason: { code: string; message: string; field?: string } | null;
  source: string;
  messageId: string;
  receivedAt: string;
  processedAt: string | null;
  profileId: ProfileId | null;
  duplicates: number;
  /** True when a later delivery had another body than the one that counts. */
  differs: boolean;
  /** How it broke its source's tracking plan, where it was taken all the same. */
  planViolations: { version: number; violations: PlanViolation[] } | null;
  event: JsonObject | string;
}

/** What came from a source lately. Whole minutes, by time of receipt. */
export interface SourceHealthView {
  /** Everything that came by then is counted. */
  asOf: string;
  lastEventAt: string | null;
  lastRejectedAt: string | null;
  last5Minutes: { accepted: number; rejected: number };
  last24Hours: { accepted: number; rejected: number };
  total: { accepted: number; rejected: number };
}

export interface SubmitAnswer {
  accepted: number;
  rejected: { index: number; code: string; message: string; field?: string }[];
}

export interface PlatformStatus {
  /** False while nothing can be accepted: once the log has failed, or for want of room on the disk. */
  ready: boolean;
  /** Records that are durable but not yet decided. */
  pendingRecords: number;
  acceptedRecords: number;
  processedRecords: number;
  version: string;
}

/** What the routes call: one verb of a room each. `runtime` fills it in. */
export interface Services {
  access: AccessStore;
  analytics: Analytics;
  search: ProfileSearch;
  profiles: {
    /** Normalises first. Null when nobody has it. */
    byIdentifier(type: string, value: string): Promise<Profile | null>;
    /** A living or a retired id. */
    byId(id: ProfileId): Promise<Profile | null>;
    fragmentsOf(id: ProfileId): ReturnType<People["fragmentsOf"]>;
    /** Null where they share a home with nobody. */
    householdOf(id: ProfileId): Promise<ProfileHousehold | null>;
    /** Of each source; `isWhole` is false where not all of the person's identify calls were read. `asOf`: UTC ms. */
    traitValues(id: ProfileId): Promise<{ items: TraitHistory[]; isWhole: boolean; asOf: number } | null>;
  };
  households: {
    byId(id: string): Promise<HouseholdView | null>;
  };
  identity: {
    of(id: ProfileId): Promise<IdentityView | null>;
    /** `a` and `b` are identifier keys, `type:value`, not yet normalised. */
    why(a: string, b: string): Promise<WhyView>;
  };
  corrections: CorrectionService;
  /** `model`: the latest that a linkage learned; null before the first. */
  reviews: ReviewService & Pick<Reviews, "status"> & { model(): ReturnType<Reviews["model"]> };
  linkage: { runs: LinkageRuns; links: LinkService };
  rules: Omit<RulesService, "close">;
  /** Problem 409 `message_id_ambiguous` without a source where two sources used it. */
  fateOf(messageId: string, source: string | null): Promise<FateView | null>;
  /** ISO 8601: fates, rows and refusals of what was received before are deleted; null where none are. */
  keptSince(): Promise<string | null>;
  plans: PlanServices;
  rejections: RejectionServices;
  replays: ReplayServices;
  /**
   * Sends a refused call again, as it was or corrected; null when there is none. Problem 409 once it was processed, and
   * while somebody else does it.
   */
  replay(messageId: string, source: string | null, corrected: JsonObject | null): Promise<FateView | null>;
  /** Of any source by its id; one that never sent anything has it too. */
  sourceHealth(): Promise<(source: string) => SourceHealthView>;
  /** Calls from an import or a trusted script: Segment-shaped, up to 1 MiB each, guests allowed. Durable when it resolves. */
  submit(source: string, calls: readonly JsonObject[]): Promise<SubmitAnswer>;
  backups: Backups;
  /** What is shown live. */
  stream: Pick<StreamHub, "subscribe">;
  status(): Promise<PlatformStatus>;
  /** What an operator looks at first. */
  operations(): Promise<OperationsView>;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

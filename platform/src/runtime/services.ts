import { isoTime } from "../model/isoTime.ts";
import type { ResolvedEdge } from "../model/evidence.ts";
import type { RejectionCauseView, RejectionView, ReplayView } from "../api/rejectionViews.ts";
import type { DeviceView, EdgeView, FateView, Services, SourceHealthView } from "../api/services.ts";
import type { Fate, KeptCall, Replay } from "../ingestion/index.ts";
import type { JsonObject } from "../model/event.ts";
import type { Profile } from "../model/profile.ts";
import { readHousehold } from "../profiles/index.ts";
import type { KeptCause } from "../storage/fates.ts";
import type { HouseholdStore } from "../storage/households.ts";
import type { SourceActivity } from "../storage/sourceActivity.ts";
import type { DeviceTenancies, IdentityReads } from "../identity/index.ts";

/** The inside's records in the shapes of API.md. */
export function edgeView(edge: ResolvedEdge): EdgeView {
  return {
    from: edge.a,
    to: edge.b,
    rule: edge.rule,
    kind: edge.rule === "different" ? "different" : "same",
    confidence: edge.confidence,
    source: edge.source,
    messageId: edge.firstMessageId,
    occurredAt: isoTime(edge.firstAt),
    lastOccurredAt: isoTime(edge.lastAt),
    count: edge.count,
    status: edge.status,
    reason: edge.reason?.message ?? null,
    ...(edge.said === undefined ? {} : { said: edge.said }),
  };
}

function deviceView({ device, tenancies, leftOut }: DeviceTenancies): DeviceView {
  const spans = tenancies.map(({ from, tenant }, index) => {
    const until = tenancies[index + 1]?.from ?? null;
    return { from: from === null ? null : isoTime(from), until: until === null ? null : isoTime(until), login: tenant };
  });
  return { device, spans, spansLeftOut: leftOut };
}

export function identityService(reads: IdentityReads): Services["identity"] {
  return {
    of: async (id) => {
      const identity = await reads.of(id);
      if (identity === null) return null;
      const identifiers = identity.identifiers.map(({ key, ...rest }) => ({ identifier: key, ...rest }));
      return {
        identifiers,
        edges: identity.edges.map(edgeView),
        devices: identity.tenancies.map(deviceView),
        devicesLeftOut: identity.devicesLeftOut,
      };
    },
    why: async (a, b) => {
      const answer = await reads.why(a, b);
      return { ...answer, path: answer.path.map(edgeView), refused: answer.refused.map(edgeView) };
    },
  };
}

export function householdOf(households: HouseholdStore): Services["profiles"]["householdOf"] {
  return async (id) => {
    const household = await households.ofProfile(id);
    return household === null ? null : { id: household.id, people: household.members.length };
  };
}

export function householdServices(
  households: HouseholdStore,
  profileOf: (id: string) => Promise<Profile | null>,
): Pick<Services, "households"> {
  return {
    households: {
      byId: async (id) => {
        const household = await readHousehold(id, { households, profileOf });
        if (household === null) return null;
        const { members, shared, ...rest } = household;
        return {
          ...rest,
          members: members.map(({ profileId, ...member }) => ({ id: profileId, ...member })),
          shared: shared.map(({ profileIds, ...value }) => ({ ...value, members: profileIds })),
        };
      },
    },
  };
}

export function fateView(fate: Fate): FateView {
  const { record, reason, processedAt, ...rest } = fate;
  return {
    ...rest,
    reason,
    source: record.source,
    messageId: record.messageId,
    receivedAt: isoTime(record.receivedAt),
    processedAt: processedAt === null ? null : isoTime(processedAt),
    planViolations: planViolationsOf(record),
    event: record.body,
  };
}

function planViolationsOf(record: Fate["record"]): FateView["planViolations"] {
  if (record.status !== "accepted" || record.plan === undefined) return null;
  return { version: record.plan.version, violations: [...record.plan.violations] };
}

export function rejectionView({ reason, sourceKind, receivedAt, body, state, ...call }: KeptCall): RejectionView {
  return {
    messageId: call.messageId,
    source: call.source,
    sourceKind,
    code: reason.code,
    reason: reason.message,
    field: reason.field ?? null,
    receivedAt: receivedAt === null ? null : isoTime(receivedAt),
    mended: state === "mended",
    state,
    cause: call.cause,
    event: body === null ? null : (objectOf(body) ?? body),
  };
}

export function causeView(kept: KeptCause): RejectionCauseView {
  const { number: _, firstAt, lastAt, latest, ...cause } = kept;
  const time = (at: number | null): string | null => (at === null ? null : isoTime(at));
  const { messageId, reason } = latest;
  return {
    ...cause,
    reason: reason.message,
    firstAt: time(firstAt),
    lastAt: time(lastAt),
    sample: { messageId, field: reason.field ?? null },
  };
}

export function replayView(replay: Replay): ReplayView {
  const { of, startedAt, endedAt, refusals, examples, ...rest } = replay;
  const isOfCause = "cause" in of;
  return {
    ...rest,
    source: of.source,
    cause: isOfCause ? of.cause : null,
    messageIds: isOfCause ? null : [...of.messageIds],
    startedAt: isoTime(startedAt),
    endedAt: endedAt === null ? null : isoTime(endedAt),
    refusals: refusals.map(({ field = null, ...refusal }) => ({ ...refusal, field })),
    examples: examples.map((example) => ({ ...example })),
  };
}

function objectOf(text: string): JsonObject | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : null;
  } catch {
    return null;
  }
}

const nothing = { accepted: 0, rejected: 0 };

/** Null: it never sent anything. */
export function healthView(activity: SourceActivity | null, asOf: number): SourceHealthView {
  const time = (at: number | null | undefined): string | null => (typeof at === "number" ? isoTime(at) : null);
  return {
    asOf: isoTime(asOf),
    lastEventAt: time(activity?.lastAcceptedAt),
    lastRejectedAt: time(activity?.lastRejectedAt),
    last5Minutes: activity?.recent ?? nothing,
    last24Hours: activity?.lastDay ?? nothing,
    total: activity?.total ?? nothing,
  };
}

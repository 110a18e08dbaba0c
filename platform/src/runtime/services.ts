import { isoTime } from "../model/isoTime.ts";
import type { ResolvedEdge } from "../model/evidence.ts";
import type { EdgeView, FateView, Services } from "../api/services.ts";
import type { Fate } from "../ingestion/index.ts";
import type { IdentityReads } from "../identity/index.ts";

/** The inside's records in the shapes of API.md. */
export function edgeView(edge: ResolvedEdge): EdgeView {
  return {
    from: edge.a,
    to: edge.b,
    rule: edge.rule,
    kind: "same",
    confidence: edge.confidence,
    source: edge.source,
    messageId: edge.firstMessageId,
    occurredAt: isoTime(edge.firstAt),
    lastOccurredAt: isoTime(edge.lastAt),
    count: edge.count,
    status: edge.status,
    reason: edge.reason?.message ?? null,
  };
}

export function identityService(reads: IdentityReads): Services["identity"] {
  return {
    of: async (id) => {
      const identity = await reads.of(id);
      if (identity === null) return null;
      const identifiers = identity.identifiers.map(({ key, ...rest }) => ({ identifier: key, ...rest }));
      return { identifiers, edges: identity.edges.map(edgeView) };
    },
    why: async (a, b) => {
      const answer = await reads.why(a, b);
      return { ...answer, path: answer.path.map(edgeView), refused: answer.refused.map(edgeView) };
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
    event: record.body,
  };
}

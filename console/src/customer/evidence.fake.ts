import type { Edge } from "./joins.ts";

/** Evidence of one event of `web`. */
export function edgeOf(from: string, to: string, given: Partial<Edge> = {}): Edge {
  return {
    from,
    to,
    rule: "seen_together",
    kind: "same",
    confidence: 1,
    source: "web",
    messageId: "m1",
    occurredAt: "2026-03-01T10:00:00.000Z",
    lastOccurredAt: "2026-03-01T10:00:00.000Z",
    count: 1,
    status: "active",
    reason: null,
    ...given,
  };
}

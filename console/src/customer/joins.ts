import type { AnswerOf } from "../api/client.ts";
import { correctionSource } from "../parts/correctionSource.ts";

export type Identity = AnswerOf<"/api/profiles/id/{id}/identity", "get">;
export type Edge = Identity["edges"][number];

/** An event that showed identifiers, or people, to be one. */
export interface Join {
  /** UTC ms. */
  at: number;
  source: string;
  messageId: string;
  rule: string;
  /** `type:value`, sorted. */
  identifiers: string[];
}

/**
 * Newest first: of all evidence in the order in which it came to be, what first brought its two sides together. What
 * people said is none of it: that has rows of its own.
 */
export function joinsOf(edges: readonly Edge[]): Join[] {
  const accepted = edges
    .filter(({ status, kind }) => status === "active" && kind === "same")
    .toSorted((a, b) => order(a.occurredAt, b.occurredAt) || order(a.messageId, b.messageId));
  const groups = disjointGroups();
  const byEvent = new Map<string, Join>();
  for (const { from, to, source, messageId, rule, occurredAt } of accepted) {
    if (!groups.unite(from, to) || source === correctionSource) continue;
    const key = `${source}\n${messageId}`;
    const join = byEvent.get(key) ?? { at: Date.parse(occurredAt), source, messageId, rule, identifiers: [] };
    join.identifiers = [...new Set([...join.identifiers, from, to])].sort();
    byEvent.set(key, join);
  }
  return [...byEvent.values()].reverse();
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Disjoint sets by union with path halving. */
export function disjointGroups() {
  const parents = new Map<string, string>();
  const rootOf = (key: string): string => {
    let at = key;
    for (let parent = parents.get(at); parent !== undefined; parent = parents.get(at)) {
      const grandparent = parents.get(parent);
      if (grandparent !== undefined) parents.set(at, grandparent);
      at = parent;
    }
    return at;
  };
  return {
    rootOf,
    /** False when they were in one group already. */
    unite(a: string, b: string): boolean {
      const [from, to] = [rootOf(a), rootOf(b)];
      if (from !== to) parents.set(from, to);
      return from !== to;
    },
  };
}

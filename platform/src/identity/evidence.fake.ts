import * as fc from "fast-check";
import { correctionSource, linkSource } from "../model/correction.ts";
import type { Edge, NodeDecision, Resolution } from "../model/evidence.ts";
import { parseIdentifierKey } from "../model/identifier.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { decide, mergeSeenWith } from "./decisions.ts";
import { edgesOfFragments, mergeEdges } from "./evidence.ts";
import type { FragmentEvidence } from "./evidence.ts";
import type { EvidenceInput } from "./resolve.ts";
import { resolve } from "./resolve.ts";
import { defaultIdentityRules } from "./retailRules.ts";
import type { IdentityRules } from "./rules.ts";

/** Limits so low that small generated cases reach every one of them. */
export const tightRules: IdentityRules = {
  ...defaultIdentityRules,
  types: {
    user_id: { kind: "unique", rank: 100, limit: 1, bridges: true },
    loyalty_card: { kind: "personal", rank: 80, limit: 2, bridges: true },
    email: { kind: "personal", rank: 70, limit: 2, bridges: true },
    // As sure as an e-mail, so that one edge has both at its less sure end.
    phone: { kind: "personal", rank: 70, limit: 2, bridges: false },
    anonymous_id: { kind: "device", rank: 10, limit: 3, bridges: false, crowd: 3 },
  },
  crowdThreshold: 4,
  maxEvidenceIdentifiers: 7,
};

/** Types times numbers. */
const maxKeys = 30;
const types = ["user_id", "loyalty_card", "email", "phone", "anonymous_id", "other"];
export const identifierKeys = fc
  .tuple(fc.constantFrom(...types), fc.integer({ min: 1, max: 5 }))
  .map(([type, number]) => `${type}:v${number}`);
const sources = fc.constantFrom("web", "crm", "pos");
const times = fc.integer({ min: 0, max: 6 });

const userIds = identifierKeys.map((key) => `user_id:${key.slice(-2)}`);
const someEdge = fc
  .record({ a: identifierKeys, b: identifierKeys, alias: fc.nat(3), source: sources, at: times })
  .map(({ a, b, alias, source, at }): Edge => {
    const isAlias = alias === 0;
    const [from, to] = isAlias || a < b ? [a, b] : [b, a];
    return edge(from, to, { rule: isAlias ? "alias" : "seen_together", source, firstAt: at });
  });
const succession = fc
  .record({ a: userIds, b: userIds, source: sources, at: times })
  .map(({ a, b, source, at }) => edge(a, b, { rule: "alias", source, firstAt: at }));

/** Distinct by (a, b, rule, source); `seen_together` with a < b. */
export const edgeSets: fc.Arbitrary<Edge[]> = fc.uniqueArray(
  fc.oneof({ weight: 6, arbitrary: someEdge }, { weight: 1, arbitrary: succession }).filter(({ a, b }) => a !== b),
  { maxLength: 40, selector: ({ a, b, rule, source }) => [a, b, rule, source].join("|") },
);

/** Edges with node decisions at random, to which `resolve` must be true whatever made them. */
export const evidenceInputs: fc.Arbitrary<EvidenceInput> = fc
  .tuple(edgeSets, fc.array(fc.nat(29), { minLength: maxKeys, maxLength: maxKeys }), fc.array(identifierKeys))
  .map(([edges, dice, more]) => {
    const keys = [...new Set([...edges.flatMap(({ a, b }) => [a, b]), ...more])];
    const identifiers = keys.flatMap((key, at) => {
      const die = dice[at] ?? 4;
      const decision: NodeDecision = die === 0 ? "hub" : die === 1 ? "shared" : die === 2 ? "blocked" : "ordinary";
      return die === 3 ? [] : [{ key, decision, seen: die > 4 || decision !== "ordinary" }];
    });
    return { identifiers, edges };
  });

export function edge(a: IdentifierKey, b: IdentifierKey, more: Partial<Edge> = {}): Edge {
  const firstAt = more.firstAt ?? 1;
  return {
    a,
    b,
    rule: "seen_together",
    source: "web",
    firstAt,
    firstMessageId: "m1",
    lastAt: firstAt,
    count: 1,
    confidence: 1,
    ...more,
  };
}

/** All identifiers that the edges name, seen; ordinary but for those in `decisions`. */
export function inputOf(edges: readonly Edge[], decisions: Record<string, NodeDecision> = {}): EvidenceInput {
  const keys = [...new Set(edges.flatMap(({ a, b }) => [a, b]))];
  return { edges, identifiers: keys.map((key) => ({ key, decision: decisions[key] ?? "ordinary", seen: true })) };
}

export function fateOf(resolution: Resolution, a: string, b: string): string[] {
  return resolution.edges
    .filter((edge) => edge.a === a && edge.b === b)
    .map((edge) => edge.reason?.code ?? edge.status);
}

/** An event as far as identity is concerned. */
export interface SeenEvent {
  identifiers: IdentifierKey[];
  aliasOf?: IdentifierKey[];
  source: string;
  at: number;
  messageId: string;
}

export const seenEvents: fc.Arbitrary<SeenEvent[]> = fc
  .array(
    fc.record({
      identifiers: fc.uniqueArray(identifierKeys, { maxLength: 4 }),
      aliasOf: fc.uniqueArray(identifierKeys, { maxLength: 6 }).map((keys) => (keys.length === 1 ? keys : [])),
      source: sources,
      at: times,
    }),
    { maxLength: 25 },
  )
  .map((events) => events.map((event, index) => ({ ...event, messageId: `m${index}` })));

/** Of the events, by the room's own functions, one event after another as ingestion does. */
export function evidenceOf(events: readonly SeenEvent[], rules: IdentityRules): EvidenceInput {
  const known = new Map<IdentifierKey, { decision: NodeDecision; seenWith: IdentifierKey[] }>();
  const aliases = new Map<string, Edge>();
  for (const event of events) {
    for (const key of event.identifiers) {
      const identifier = parseIdentifierKey(key);
      const before = known.get(key) ?? { decision: decide(identifier, [], rules), seenWith: [] };
      if (before.decision === "ordinary") {
        const seenWith = mergeSeenWith(identifier, before.seenWith, event.identifiers, rules);
        const decision = decide(identifier, seenWith, rules);
        known.set(key, { decision, seenWith: decision === "ordinary" ? seenWith : [] });
      } else known.set(key, before);
    }
    for (const alias of aliasesOf(event)) {
      const id = [alias.a, alias.b, alias.source].join("|");
      const old = aliases.get(id);
      aliases.set(id, old === undefined ? alias : mergeEdges(old, alias));
    }
  }
  const identifiers = [...known].map(([key, { decision }]) => ({ key, decision, seen: true }));
  return { identifiers, edges: [...edgesOfFragments(events.map(fragmentOf)), ...aliases.values()] };
}

export function people(events: readonly SeenEvent[], rules: IdentityRules): Resolution {
  return resolve(evidenceOf(events, rules), rules);
}

function aliasesOf({ identifiers, aliasOf = [], source, at, messageId }: SeenEvent): Edge[] {
  const [a] = identifiers;
  if (a === undefined) return [];
  return aliasOf
    .filter((b) => b !== a)
    .map((b) => edge(a, b, { rule: "alias", source, firstAt: at, firstMessageId: messageId }));
}

function fragmentOf({ identifiers, source, at, messageId }: SeenEvent): FragmentEvidence {
  return { identifiers, spans: { [source]: { count: 1, firstAt: at, firstMessageId: messageId, lastAt: at } } };
}

/** The same members in an order that `seed` decides. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const ranks = new Map(items.map((item, index) => [item, Math.sin((index + 1) * (seed + 1)) * 10_000]));
  const part = (item: T): number => (ranks.get(item) ?? 0) - Math.floor(ranks.get(item) ?? 0);
  return items.toSorted((x, y) => part(x) - part(y));
}

/** What somebody said of two identifiers, as `correctionEdges` makes it. */
export function said(rule: "same" | "different", a: IdentifierKey, b: IdentifierKey, at = 1): Edge {
  const [first, second] = a < b ? [a, b] : [b, a];
  const more = { rule, source: correctionSource, firstAt: at, firstMessageId: `c_${first}_${second}` };
  return edge(first, second, { ...more, said: { by: "t1", reason: "I asked" } });
}

/** What a linkage holds for likely, as `probableEdges` makes it. */
export function probable(one: IdentifierKey, other: IdentifierKey, confidence: number, at = 1): Edge {
  const [a, b] = one < other ? [one, other] : [other, one];
  const more = { firstAt: at, firstMessageId: `l_${a}_${b}`, said: { by: "lr_1", reason: "model 1" } };
  return edge(a, b, { rule: "probable", source: linkSource, confidence, ...more });
}

/** One a pair. */
export const probableSets: fc.Arbitrary<Edge[]> = fc.uniqueArray(
  fc
    .record({ a: identifierKeys, b: identifierKeys, confidence: fc.constantFrom(0.9, 0.95, 0.99), at: times })
    .filter(({ a, b }) => a !== b)
    .map(({ a, b, confidence, at }) => probable(a, b, confidence, at)),
  { maxLength: 8, selector: ({ a, b }) => `${a}|${b}` },
);

/** Corrections that hold: one a pair. */
export const correctionSets: fc.Arbitrary<Edge[]> = fc.uniqueArray(
  fc
    .record({
      rule: fc.constantFrom("same" as const, "different" as const),
      a: identifierKeys,
      b: identifierKeys,
      at: times,
    })
    .filter(({ a, b }) => a !== b)
    .map(({ rule, a, b, at }) => said(rule, a, b, at)),
  { maxLength: 8, selector: ({ a, b }) => `${a}|${b}` },
);

/** The same with corrections beside the evidence. */
export const correctedInputs: fc.Arbitrary<EvidenceInput> = fc
  .tuple(evidenceInputs, correctionSets)
  .map(([{ identifiers, edges }, corrections]) => ({ identifiers, edges: [...edges, ...corrections] }));

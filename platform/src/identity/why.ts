import type { NodeDecision, Resolution, ResolvedEdge } from "../model/evidence.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { decisionReason } from "./decisions.ts";
import { personIndexes } from "./membership.ts";
import { compareText } from "./rules.ts";
import type { IdentityRules } from "./rules.ts";

export interface Why {
  samePerson: boolean;
  /** Active edges from a to b, fewest first; empty when they are apart or the same identifier. */
  path: ResolvedEdge[];
  /**
   * When they are apart: the corrections that keep their people apart, then the refused edges on the way from a to b
   * that needs fewest of them; may be empty.
   */
  refused: ResolvedEdge[];
  /** One paragraph of plain English. It names identifiers: for the answer, not for logs. */
  explanation: string;
}

/**
 * Why `a` and `b` are one person, or are not. `resolution` holds both their components; `decisions` has every
 * identifier that an event ever carried. Deterministic: of equal ways the one through lesser keys.
 */
export function why(
  a: IdentifierKey,
  b: IdentifierKey,
  resolution: Resolution,
  decisions: ReadonlyMap<IdentifierKey, NodeDecision>,
  rules: IdentityRules,
): Why {
  const people = personIndexes(resolution);
  const person = people.get(a);
  const samePerson = person !== undefined && person === people.get(b);
  if (a === b) return { samePerson, path: [], refused: [], explanation: aboutOne(a, decisions, rules) };
  const way = fewestRefused(
    a,
    b,
    resolution.edges.filter(({ rule }) => rule !== "different"),
  );
  if (samePerson) {
    const path = way ?? [];
    return { samePerson, path, refused: [], explanation: joined(a, b, path) };
  }
  const keeping = keepingApart(a, b, resolution);
  const refused = (way ?? []).filter((edge) => edge.status === "refused");
  const explanation = apart(a, b, { keeping, refused }, decisions, rules);
  return { samePerson, path: [], refused: [...keeping, ...refused], explanation };
}

/** What people said against the two, or their people, being one. */
function keepingApart(a: IdentifierKey, b: IdentifierKey, resolution: Resolution): ResolvedEdge[] {
  const people = personIndexes(resolution);
  const wholeOf = (key: IdentifierKey): IdentifierKey | number => people.get(key) ?? key;
  const two = new Set([wholeOf(a), wholeOf(b)]);
  return resolution.edges.filter(
    (edge) => edge.rule === "different" && two.has(wholeOf(edge.a)) && two.has(wholeOf(edge.b)),
  );
}

interface Step {
  from: IdentifierKey;
  edge: ResolvedEdge;
}

/**
 * Breadth first, in layers: all that active edges reach, then one refused edge further, and again. So the way has the
 * fewest refused edges there can be, and within one person the fewest edges.
 */
function fewestRefused(a: IdentifierKey, b: IdentifierKey, edges: readonly ResolvedEdge[]): ResolvedEdge[] | null {
  const neighbours = neighboursOf(edges);
  const reached = new Map<IdentifierKey, Step | null>([[a, null]]);
  let layer = [a];
  while (layer.length > 0 && !reached.has(b)) {
    // `layer` grows while it is walked: what an active edge reaches belongs to it.
    for (const from of layer) {
      for (const { to, edge } of neighbours.get(from) ?? []) {
        if (edge.status === "refused" || reached.has(to)) continue;
        reached.set(to, { from, edge });
        layer.push(to);
      }
    }
    layer = beyondRefused(layer, neighbours, reached);
  }
  return reached.has(b) ? wayBack(b, reached) : null;
}

function beyondRefused(
  layer: readonly IdentifierKey[],
  neighbours: ReadonlyMap<IdentifierKey, Neighbour[]>,
  reached: Map<IdentifierKey, Step | null>,
): IdentifierKey[] {
  const next: IdentifierKey[] = [];
  for (const from of layer) {
    for (const { to, edge } of neighbours.get(from) ?? []) {
      if (reached.has(to)) continue;
      reached.set(to, { from, edge });
      next.push(to);
    }
  }
  return next;
}

function wayBack(b: IdentifierKey, reached: ReadonlyMap<IdentifierKey, Step | null>): ResolvedEdge[] {
  const way: ResolvedEdge[] = [];
  for (let step = reached.get(b); step !== null && step !== undefined; step = reached.get(step.from)) {
    way.unshift(step.edge);
  }
  return way;
}

interface Neighbour {
  to: IdentifierKey;
  edge: ResolvedEdge;
}

/** By key; of parallel edges by rule (an alias before what was seen together), then the earliest. */
function neighboursOf(edges: readonly ResolvedEdge[]): Map<IdentifierKey, Neighbour[]> {
  const neighbours = new Map<IdentifierKey, Neighbour[]>();
  const add = (from: IdentifierKey, to: IdentifierKey, edge: ResolvedEdge): void => {
    const known = neighbours.get(from);
    if (known === undefined) neighbours.set(from, [{ to, edge }]);
    else known.push({ to, edge });
  };
  for (const edge of edges) {
    add(edge.a, edge.b, edge);
    add(edge.b, edge.a, edge);
  }
  for (const list of neighbours.values()) {
    list.sort(
      (x, y) =>
        compareText(x.to, y.to) ||
        compareText(x.edge.rule, y.edge.rule) ||
        x.edge.firstAt - y.edge.firstAt ||
        compareText(x.edge.source, y.edge.source) ||
        // Two identifiers may each have been said to become the other.
        compareText(x.edge.a, y.edge.a),
    );
  }
  return neighbours;
}

function joined(a: IdentifierKey, b: IdentifierKey, path: readonly ResolvedEdge[]): string {
  const steps = path.map(described).join("; ");
  const evidence =
    path.length === 1 ? "one piece of evidence joins" : `${path.length} pieces of evidence in a row join`;
  return `${a} and ${b} are one person: ${evidence} them. ${capitalised(steps)}.`;
}

function described({ a, b, rule, source, firstAt, count, confidence }: ResolvedEdge): string {
  const day = new Date(firstAt).toISOString().slice(0, 10);
  if (rule === "same") return `somebody said on ${day} that ${a} and ${b} are one person`;
  if (rule === "probable") {
    return `linkage found on ${day} that ${a} and ${b} are one person with probability ${confidence.toFixed(3)}`;
  }
  const times = count === 1 ? "once" : `${count} times`;
  return rule === "alias"
    ? `source ${source} said that ${b} became ${a} (${times}, first on ${day})`
    : `source ${source} saw ${a} together with ${b} (${times}, first on ${day})`;
}

function apart(
  a: IdentifierKey,
  b: IdentifierKey,
  { keeping, refused }: { keeping: readonly ResolvedEdge[]; refused: readonly ResolvedEdge[] },
  decisions: ReadonlyMap<IdentifierKey, NodeDecision>,
  rules: IdentityRules,
): string {
  const sentences = [`${a} and ${b} are not one person.`];
  for (const key of [a, b]) {
    const about = aboutEnd(key, decisions, rules);
    if (about !== null) sentences.push(about);
  }
  for (const edge of keeping) {
    const day = new Date(edge.firstAt).toISOString().slice(0, 10);
    sentences.push(`Somebody said on ${day} that ${edge.a} and ${edge.b} are two people.`);
  }
  if (refused.length === 0 && sentences.length === 1) sentences.push("No evidence connects them.");
  for (const edge of refused) {
    sentences.push(`Evidence between ${edge.a} and ${edge.b} was refused: ${edge.reason?.message ?? ""}`);
  }
  return sentences.join(" ");
}

function aboutOne(
  key: IdentifierKey,
  decisions: ReadonlyMap<IdentifierKey, NodeDecision>,
  rules: IdentityRules,
): string {
  return aboutEnd(key, decisions, rules) ?? `Both are ${key}, one identifier.`;
}

/** Null when nothing about the identifier itself keeps it apart. */
function aboutEnd(
  key: IdentifierKey,
  decisions: ReadonlyMap<IdentifierKey, NodeDecision>,
  rules: IdentityRules,
): string | null {
  const decision = decisions.get(key);
  if (decision === undefined) return `No event has carried ${key}.`;
  const reason = decisionReason(key, decision, rules);
  return reason === null ? null : `${key} joins nobody: ${reason}`;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

import type { Edge, NodeDecision, Resolution, ResolvedEdge } from "../model/evidence.ts";
import { parseIdentifierKey } from "../model/identifier.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { keptApart, type Apart } from "./apart.ts";
import { componentsOf, type Link } from "./components.ts";
import { partEdges, type CorrectionEdge, type EvidenceEdge } from "./corrections.ts";
import { decide, decisionReason } from "./decisions.ts";
import { disjointSets, type DisjointSets } from "./disjointSets.ts";
import { compareEdges } from "./evidence.ts";
import { rankedEdges } from "./edgeOrder.ts";
import { brokenLimit, bridged, heldAlone, most, nothingHeld, sum, type Held } from "./held.ts";
import { apartRefusal, bridgeRefusal, capRefusal, limitRefusal, type Refusal } from "./refusals.ts";
import { rulesOfType, typeOfKey, compareText } from "./rules.ts";
import type { IdentityRules } from "./rules.ts";

export interface IdentifierEvidence {
  readonly key: IdentifierKey;
  readonly decision: NodeDecision;
  /** An event carried it, so that a fragment holds it. False for one that only an alias has named. */
  readonly seen: boolean;
  /** Of an evidence component that is not in the input: edges to it are refused as `cap`, and it is in no person here. */
  readonly outside?: boolean;
}

/** What `resolve` decides from. An edge may name an identifier that is not listed: it counts as unseen. */
export interface EvidenceInput {
  readonly identifiers: readonly IdentifierEvidence[];
  readonly edges: readonly Edge[];
}

/**
 * Who is one person. A pure function of the sets of identifiers and edges: their order in the arrays changes nothing.
 *
 * Edges are taken surest first (`rankedEdges`), as Kruskal takes the lightest. One that touches a blocked, hub or
 * shared identifier, or one not yet seen, joins nobody. One between two evidence components (`componentsOf`) is refused
 * as `cap`; one whose less sure end is of a type that does not bridge, as `bridge` where both sides have a surer,
 * personal type; one that would give a person more values of a type than its limit, as `limit`. What a person holds only
 * grows while edges are taken, so an edge's fate depends on surer edges alone, and parallel edges share it.
 *
 * An alias between two values of a unique type says that the new one succeeds the previous one: from then on the
 * previous value does not count against the limit, once, for one successor.
 *
 * What people said goes before all evidence. `different`: an edge that would make one person of its two ends, through
 * whatever way, is refused as `apart`, so that the least sure one of the way gives way. `same`: taken before evidence,
 * in the order in which it was said, and no limit refuses it. Two values of a unique type that it joins count as one
 * from then on; of other types, what evidence joins to either side is counted by side. So where nobody is kept apart
 * and no cap is near, two people by evidence who are said to be one (by a unique identifier of each, where each has
 * one) become just what both were, and nobody else changes.
 *
 * What a linkage holds for probable goes after all evidence, the most probable first: it is refused like any edge, and
 * takes no part in what else is refused.
 *
 * Persons hold seen identifiers only: ordinary ones as joined, hub and shared ones each alone, blocked ones not at all.
 * O(E log E).
 */
export function resolve(input: EvidenceInput, rules: IdentityRules): Resolution {
  const { same, different, evidence } = partEdges(input.edges);
  const graph = graphOf(input, different, rules);
  const refusals = new Map<Edge, Refusal>();
  const refuse = (edge: Edge, refusal: Refusal | null): void => {
    if (refusal !== null) refusals.set(edge, refusal);
  };
  for (const edge of different) refuse(edge, nodeRefusal(edge, graph, rules));
  const links: (Link & { edge: Edge })[] = [];
  for (const edge of [...same, ...rankedEdges(evidence, rules)]) {
    const [a, b] = [graph.numbers.get(edge.a), graph.numbers.get(edge.b)];
    if (a === undefined || b === undefined) refuse(edge, nodeRefusal(edge, graph, rules));
    else links.push({ a, b, edge });
  }
  const isOutside = (item: number): boolean => graph.isOutside[item] === true;
  const component = componentsOf(graph.joinable.length, links, { most: rules.maxEvidenceIdentifiers, isOutside });
  for (const link of links) {
    const isCut = component(link.a) !== component(link.b);
    refuse(link.edge, isCut ? capRefusal(rules) : take(link, graph, rules));
  }
  const components = partsOf(graph, component).sort(byFirst);
  return { persons: personsOf(graph), edges: fates(input.edges, refusals, graph), components };
}

/** Ordinary, seen identifiers are numbered; the unions run over their numbers. */
interface Graph {
  readonly nodes: ReadonlyMap<IdentifierKey, IdentifierEvidence>;
  readonly joinable: readonly IdentifierKey[];
  readonly isOutside: readonly boolean[];
  readonly numbers: ReadonlyMap<IdentifierKey, number>;
  readonly persons: DisjointSets;
  /** What evidence alone has joined, where `same` joins several such sides to one person. */
  readonly sides: DisjointSets;
  /** By a person's root: living values of each unique type. */
  readonly uniques: Held[];
  /** By a side's root: values of each other type. */
  readonly others: Held[];
  readonly superseded: Set<number>;
  readonly apart: Apart;
}

function graphOf(input: EvidenceInput, different: readonly CorrectionEdge[], rules: IdentityRules): Graph {
  const nodes = new Map(input.identifiers.map((identifier) => [identifier.key, identifier]));
  for (const { a, b } of input.edges) {
    for (const key of [a, b]) {
      if (!nodes.has(key)) nodes.set(key, { key, decision: decide(parseIdentifierKey(key), [], rules), seen: false });
    }
  }
  const joining = [...nodes.values()].filter(isJoinable);
  const joinable = joining.map(({ key }) => key);
  const numbers = new Map(joinable.map((key, number) => [key, number]));
  const persons = disjointSets(joinable.length);
  return {
    nodes,
    joinable,
    isOutside: joining.map(({ outside }) => outside === true),
    numbers,
    persons,
    sides: disjointSets(joinable.length),
    ...heldAlone(joinable, rules),
    superseded: new Set(),
    apart: keptApart(different, (key) => numbers.get(key), persons.find),
  };
}

function isJoinable(node: IdentifierEvidence): boolean {
  return node.seen && node.decision === "ordinary";
}

/** Why an edge joins nobody whatever the other edges say; null when it may. */
function nodeRefusal(edge: Edge, { nodes }: Graph, rules: IdentityRules): Refusal | null {
  const ends = [nodes.get(edge.a), nodes.get(edge.b)].filter((node) => node !== undefined);
  for (const decision of ["blocked", "hub", "shared"] as const) {
    const end = ends.find((node) => node.decision === decision);
    if (end !== undefined) return { code: decision, message: decisionReason(end.key, decision, rules) ?? "" };
  }
  const unseen = ends.find((node) => !node.seen);
  if (unseen === undefined) return null;
  const type = typeOfKey(unseen.key);
  return { code: "unseen", message: `No event has carried this ${type} yet; the edge takes part once one does.` };
}

/** Joins what the edge may join; answers why not, else null. */
function take({ a, b, edge }: Link & { edge: Edge }, graph: Graph, rules: IdentityRules): Refusal | null {
  const [personA, personB] = [graph.persons.find(a), graph.persons.find(b)];
  if (personA === personB) return null;
  const refusal = apartRefusal(graph.apart.between(personA, personB));
  if (refusal !== null) return refusal;
  if (edge.rule === "same") return takeSame(personA, personB, graph);
  return takeEvidence({ a, b, edge: edge as EvidenceEdge }, graph, rules);
}

function takeEvidence(
  { a, b, edge }: Link & { edge: EvidenceEdge },
  graph: Graph,
  rules: IdentityRules,
): Refusal | null {
  const { persons, sides, uniques, others } = graph;
  const [personA, personB] = [persons.find(a), persons.find(b)];
  const [sideA, sideB] = [sides.find(a), sides.find(b)];
  const succeeded = isSuccession(edge, rules) && !graph.superseded.has(b) ? typeOfKey(edge.b) : null;
  const unique = sum(uniques[personA], uniques[personB]);
  if (succeeded !== null) unique.set(succeeded, (unique.get(succeeded) ?? 0) - 1);
  const uniqueBroken = brokenLimit(unique, rules);
  if (uniqueBroken !== null) return limitRefusal(uniqueBroken, rules);
  const between = bridged(edge, [others[sideA] ?? nothingHeld, others[sideB] ?? nothingHeld], rules);
  if (between !== null) return bridgeRefusal(between);
  const other = sum(others[sideA], others[sideB]);
  const broken = brokenLimit(other, rules);
  if (broken !== null) return limitRefusal(broken, rules);
  if (succeeded !== null) graph.superseded.add(b);
  uniques[unitePersons(personA, personB, graph)] = unique;
  others[sides.unite(sideA, sideB)] = other;
  return null;
}

/** Joins two people because somebody said so, whatever each holds. */
function takeSame(personA: number, personB: number, graph: Graph): null {
  const together = most(graph.uniques[personA], graph.uniques[personB]);
  graph.uniques[unitePersons(personA, personB, graph)] = together;
  return null;
}

function unitePersons(personA: number, personB: number, { persons, apart }: Graph): number {
  const root = persons.unite(personA, personB);
  apart.united(personA, personB, root);
  return root;
}

function isSuccession({ a, b, rule }: Edge, rules: IdentityRules): boolean {
  const type = typeOfKey(a);
  return rule === "alias" && type === typeOfKey(b) && rulesOfType(type, rules).kind === "unique";
}

/** By what `rootOf` says of each identifier, those inside. Each sorted. */
function partsOf({ joinable, isOutside }: Graph, rootOf: (item: number) => number): IdentifierKey[][] {
  const parts = new Map<number, IdentifierKey[]>();
  for (const [number, key] of joinable.entries()) {
    if (isOutside[number] === true) continue;
    const root = rootOf(number);
    const part = parts.get(root);
    if (part === undefined) parts.set(root, [key]);
    else part.push(key);
  }
  for (const part of parts.values()) part.sort(compareText);
  return [...parts.values()];
}

function byFirst(x: readonly IdentifierKey[], y: readonly IdentifierKey[]): number {
  return compareText(x[0] ?? "", y[0] ?? "");
}

function personsOf(graph: Graph): IdentifierKey[][] {
  const alone = [...graph.nodes.values()]
    .filter(({ decision, seen }) => seen && (decision === "hub" || decision === "shared"))
    .map(({ key }) => [key]);
  return [...partsOf(graph, graph.persons.find), ...alone].sort(byFirst);
}

/**
 * A chain of aliases can bring together, in the end, two ends whose own alias came too early to be accepted: that one
 * is true after all. So is evidence against a limit between two whom somebody said to be one.
 */
function fates(edges: readonly Edge[], refusals: ReadonlyMap<Edge, Refusal>, graph: Graph): ResolvedEdge[] {
  const { numbers, persons } = graph;
  return edges.toSorted(compareEdges).map((edge) => {
    const [a, b] = [numbers.get(edge.a), numbers.get(edge.b)];
    const isOnePerson = a !== undefined && b !== undefined && persons.find(a) === persons.find(b);
    const reason = isOnePerson ? null : (refusals.get(edge) ?? null);
    return { ...edge, status: reason === null ? "active" : "refused", reason };
  });
}

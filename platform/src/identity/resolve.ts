import type { Edge, NodeDecision, Resolution, ResolvedEdge } from "../model/evidence.ts";
import { parseIdentifierKey } from "../model/identifier.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { decide, decisionReason } from "./decisions.ts";
import { disjointSets } from "./disjointSets.ts";
import { compareEdges } from "./evidence.ts";
import { rankedEdges } from "./edgeOrder.ts";
import { rulesOfType, typeOfKey, compareText } from "./rules.ts";
import type { IdentityRules } from "./rules.ts";

export interface IdentifierEvidence {
  readonly key: IdentifierKey;
  readonly decision: NodeDecision;
  /** An event carried it, so that a fragment holds it. False for one that only an alias has named. */
  readonly seen: boolean;
}

/** What `resolve` decides from. An edge may name an identifier that is not listed: it counts as unseen. */
export interface EvidenceInput {
  readonly identifiers: readonly IdentifierEvidence[];
  readonly edges: readonly Edge[];
}

type Refusal = NonNullable<ResolvedEdge["reason"]>;

/**
 * Who is one person. A pure function of the sets of identifiers and edges: their order in the arrays changes nothing.
 *
 * Edges are taken surest first (`rankedEdges`), as Kruskal takes the lightest. One that touches a blocked, hub or
 * shared identifier, or one not yet seen, joins nobody. One that would put more than `maxEvidenceIdentifiers` into an
 * evidence component (accepted and limit-refused edges together) is refused as `cap`; one that would give a person
 * more values of a type than its limit, as `limit`. Both only ever grow while edges are taken, so an edge's fate
 * depends on surer edges alone, and parallel edges share it.
 *
 * An alias between two values of a unique type says that the new one succeeds the previous one: from then on the
 * previous value does not count against the limit, once, for one successor.
 *
 * Persons hold seen identifiers only: ordinary ones as joined, hub and shared ones each alone, blocked ones not at all.
 * O(E log E).
 */
export function resolve(input: EvidenceInput, rules: IdentityRules): Resolution {
  const graph = graphOf(input, rules);
  const refusals = new Map<Edge, Refusal>();
  for (const edge of rankedEdges(input.edges, rules)) {
    const refusal = nodeRefusal(edge, graph, rules) ?? take(edge, graph, rules);
    if (refusal !== null) refusals.set(edge, refusal);
  }
  return { persons: personsOf(graph), edges: fates(input.edges, refusals, graph) };
}

/** Ordinary, seen identifiers are numbered; the two unions run over their numbers. */
interface Graph {
  readonly nodes: ReadonlyMap<IdentifierKey, IdentifierEvidence>;
  readonly joinable: readonly IdentifierKey[];
  readonly numbers: ReadonlyMap<IdentifierKey, number>;
  readonly persons: ReturnType<typeof disjointSets>;
  readonly components: ReturnType<typeof disjointSets>;
  /** By a person's root: living values of each type. */
  readonly held: Map<string, number>[];
  readonly superseded: Set<number>;
}

function graphOf(input: EvidenceInput, rules: IdentityRules): Graph {
  const nodes = new Map(input.identifiers.map((identifier) => [identifier.key, identifier]));
  for (const { a, b } of input.edges) {
    for (const key of [a, b]) {
      if (!nodes.has(key)) nodes.set(key, { key, decision: decide(parseIdentifierKey(key), [], rules), seen: false });
    }
  }
  const joinable = [...nodes.values()].filter(isJoinable).map(({ key }) => key);
  return {
    nodes,
    joinable,
    numbers: new Map(joinable.map((key, number) => [key, number])),
    persons: disjointSets(joinable.length),
    components: disjointSets(joinable.length),
    held: joinable.map((key) => new Map([[typeOfKey(key), 1]])),
    superseded: new Set(),
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
function take(edge: Edge, graph: Graph, rules: IdentityRules): Refusal | null {
  const { persons, components, held } = graph;
  const a = graph.numbers.get(edge.a) ?? 0;
  const b = graph.numbers.get(edge.b) ?? 0;
  const [personA, personB] = [persons.find(a), persons.find(b)];
  if (personA === personB) return null;
  const [componentA, componentB] = [components.find(a), components.find(b)];
  if (componentA !== componentB) {
    const size = components.size(componentA) + components.size(componentB);
    if (size > rules.maxEvidenceIdentifiers) return capRefusal(rules);
    components.unite(componentA, componentB);
  }
  const succeeded = isSuccession(edge, rules) && !graph.superseded.has(b) ? typeOfKey(edge.b) : null;
  const together = sum(held[personA], held[personB]);
  if (succeeded !== null) together.set(succeeded, (together.get(succeeded) ?? 0) - 1);
  const broken = brokenLimit(together, rules);
  if (broken !== null) return limitRefusal(broken, rules);
  if (succeeded !== null) graph.superseded.add(b);
  held[persons.unite(personA, personB)] = together;
  return null;
}

function isSuccession({ a, b, rule }: Edge, rules: IdentityRules): boolean {
  const type = typeOfKey(a);
  return rule === "alias" && type === typeOfKey(b) && rulesOfType(type, rules).kind === "unique";
}

/** There are few types, so that copying costs less than keeping the lesser one. */
function sum(x: ReadonlyMap<string, number> = new Map(), y: ReadonlyMap<string, number> = new Map()) {
  const total = new Map(x);
  for (const [type, count] of y) total.set(type, (total.get(type) ?? 0) + count);
  return total;
}

/** The first type, by name, of which there are too many. */
function brokenLimit(held: ReadonlyMap<string, number>, rules: IdentityRules): string | null {
  let broken: string | null = null;
  for (const [type, count] of held) {
    if (count > rulesOfType(type, rules).limit && (broken === null || type < broken)) broken = type;
  }
  return broken;
}

function limitRefusal(type: string, rules: IdentityRules): Refusal {
  const { kind, limit } = rulesOfType(type, rules);
  const message =
    kind === "unique"
      ? `A person has one ${type}, and surer or earlier evidence already gave each side its own (rule: ${type} is unique).`
      : `A person has at most ${limit} of ${type}, and surer or earlier evidence came first (rule: limit of ${type}).`;
  return { code: "limit", message };
}

function capRefusal({ maxEvidenceIdentifiers }: IdentityRules): Refusal {
  const message =
    `At most ${maxEvidenceIdentifiers} identifiers may hang together by evidence, and surer or earlier evidence ` +
    `came first (rule: maxEvidenceIdentifiers).`;
  return { code: "cap", message };
}

function personsOf({ nodes, joinable, persons }: Graph): IdentifierKey[][] {
  const members = new Map<number, IdentifierKey[]>();
  for (const [number, key] of joinable.entries()) {
    const root = persons.find(number);
    const person = members.get(root);
    if (person === undefined) members.set(root, [key]);
    else person.push(key);
  }
  const alone = [...nodes.values()]
    .filter(({ decision, seen }) => seen && (decision === "hub" || decision === "shared"))
    .map(({ key }) => [key]);
  const all = [...members.values(), ...alone];
  for (const person of all) person.sort(compareText);
  return all.sort((x, y) => compareText(x[0] ?? "", y[0] ?? ""));
}

/**
 * A chain of aliases can bring together, in the end, two ends whose own alias came too early to be accepted: that one
 * is true after all.
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

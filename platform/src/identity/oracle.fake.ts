import type { Edge } from "../model/evidence.ts";
import type { EvidenceInput } from "./resolve.ts";
import { rulesOfType, typeOfKey } from "./rules.ts";
import type { IdentityRules } from "./rules.ts";

/**
 * The rules as a person would apply them with pencil and paper: sets that are copied, everything looked up anew.
 * Answers the code that refused each edge when its turn came (null: accepted), and the sets in the end.
 */
export function oracle(input: EvidenceInput, rules: IdentityRules) {
  const nodes = new Map(input.identifiers.map((node) => [node.key, node]));
  const ordinary = input.identifiers.filter((n) => n.seen && n.decision === "ordinary").map(({ key }) => [key]);
  const components = componentsByHand(input, ordinary.flat(), rules);
  /** By kind of set: people, what evidence alone has joined, and unique values said to be one. */
  let [persons, sides, ones] = [ordinary, ordinary, ordinary];
  const previous = new Set<string>();
  const codes = new Map<Edge, string | null>();
  const different = input.edges.filter(({ rule }) => rule === "different");
  for (const e of surestFirst(input.edges, rules)) {
    const decisions = [e.a, e.b].map((key) => nodes.get(key)?.decision);
    const refusing = ["blocked", "hub", "shared"].find((decision) => decisions.some((d) => d === decision));
    if (refusing !== undefined || [e.a, e.b].some((key) => nodes.get(key)?.seen !== true)) {
      codes.set(e, refusing ?? "unseen");
      continue;
    }
    if (e.rule === "different" || holding(persons, e.a) === holding(persons, e.b)) {
      codes.set(e, null);
      continue;
    }
    if (holding(components, e.a) !== holding(components, e.b)) {
      codes.set(e, "cap");
      continue;
    }
    const joined = [...holding(persons, e.a), ...holding(persons, e.b)];
    if (different.some(({ a, b }) => joined.includes(a) && joined.includes(b))) {
      codes.set(e, "apart");
      continue;
    }
    if (e.rule === "same") {
      codes.set(e, null);
      persons = joining(persons, e);
      ones = joining(ones, e);
      continue;
    }
    const succeeds = e.rule === "alias" && typeOfKey(e.a) === "user_id" && typeOfKey(e.b) === "user_id";
    const gone = new Set(succeeds ? [...previous, e.b] : previous);
    const side = [...holding(sides, e.a), ...holding(sides, e.b)];
    const isTwo = uniqueValues(joined, gone, ones, rules).some(([, count]) => count > 1);
    const isBetween = standsBetween(e, [holding(sides, e.a), holding(sides, e.b)], rules);
    const others = count(side.filter((key) => !isUnique(key, rules)));
    const isTooMany = others.some(([type, many]) => many > rulesOfType(type, rules).limit);
    codes.set(e, isTwo ? "limit" : isBetween ? "bridge" : isTooMany ? "limit" : null);
    if (isTwo || isBetween || isTooMany) continue;
    if (succeeds) previous.add(e.b);
    persons = joining(persons, e);
    sides = joining(sides, e);
  }
  const alone = input.identifiers.filter((n) => n.seen && (n.decision === "hub" || n.decision === "shared"));
  const all = [...persons, ...alone.map(({ key }) => [key])].map((set) => set.toSorted());
  return { codes, previous, persons: sorted(all), components: sorted(components.map((set) => set.toSorted())) };
}

function sorted(sets: readonly string[][]): string[] {
  return sets.map((set) => JSON.stringify(set)).toSorted();
}

/** By the definition: of all that ever hangs together with an identifier, edge by edge, the most that the cap allows. */
function componentsByHand(input: EvidenceInput, ordinary: readonly string[], rules: IdentityRules): string[][] {
  const edges = surestFirst(input.edges, rules).filter(
    ({ a, b, rule }) => rule !== "different" && ordinary.includes(a) && ordinary.includes(b),
  );
  let largest = ordinary.map((key) => [key]);
  let sets = largest;
  for (const e of edges) {
    sets = joining(sets, e);
    largest = [...largest, ...sets.filter((set) => set.length <= rules.maxEvidenceIdentifiers)];
  }
  const of = (key: string): string[] =>
    largest.filter((set) => set.includes(key)).reduce((most, set) => (set.length > most.length ? set : most), []);
  return [...new Map(ordinary.map((key) => [of(key).toSorted().join("\n"), of(key)])).values()];
}

/**
 * What several people may use joins nobody who has a surer one of something to somebody who has another one of it; and
 * what else is less sure does not, where both have one of its type besides.
 */
function standsBetween(e: Edge, [one, other]: [string[], string[]], rules: IdentityRules): boolean {
  const of = (key: string) => rulesOfType(typeOfKey(key), rules);
  const least = Math.min(of(e.a).rank, of(e.b).rank);
  const [link = ""] = [e.a, e.b]
    .filter((key) => of(key).rank === least)
    .toSorted((x, y) => Number(of(x).bridges) - Number(of(y).bridges));
  const isOfItsType = (key: string): boolean => key !== e.a && key !== e.b && typeOfKey(key) === typeOfKey(link);
  if (of(link).bridges && !(one.some(isOfItsType) && other.some(isOfItsType))) return false;
  const surer = (keys: string[]): string[] =>
    keys.filter((key) => of(key).kind === "personal" && of(key).rank > least).map(typeOfKey);
  return surer(one).some((type) => surer(other).includes(type));
}

function holding(sets: string[][], key: string): string[] {
  return sets.find((set) => set.includes(key)) ?? [];
}

function joining(sets: string[][], { a, b }: Edge): string[][] {
  const [x, y] = [holding(sets, a), holding(sets, b)];
  return x === y ? sets : [...sets.filter((set) => set !== x && set !== y), [...x, ...y]];
}

function isUnique(key: string, rules: IdentityRules): boolean {
  return rulesOfType(typeOfKey(key), rules).kind === "unique";
}

/** Living ones by type; those that people said to be one count once. */
function uniqueValues(keys: string[], gone: Set<string>, ones: string[][], rules: IdentityRules): [string, number][] {
  const unique = keys.filter((key) => isUnique(key, rules));
  // Of what was said to be one, a previous value takes one place less, as of any other.
  const groups = new Map(ones.map((set) => [set, set.filter((key) => unique.includes(key))]));
  const counted = [...groups.values()].filter((set) => set.length > 0).flatMap((set) => set.slice(0, 1));
  const places = new Map(count(counted));
  for (const key of unique) if (gone.has(key)) places.set(typeOfKey(key), (places.get(typeOfKey(key)) ?? 0) - 1);
  return [...places];
}

function count(keys: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(typeOfKey(key), (counts.get(typeOfKey(key)) ?? 0) + 1);
  return [...counts];
}

/** What people said first, in the order in which they said it; then evidence by rule, types, time and name; then what is only probable. */
function surestFirst(edges: readonly Edge[], rules: IdentityRules): Edge[] {
  const rank = (key: string): number => rulesOfType(typeOfKey(key), rules).rank;
  const order = (e: Edge): (number | string)[] => {
    if (e.rule === "same" || e.rule === "different") return [-Infinity, e.firstAt, e.firstMessageId];
    const [low, high] = [rank(e.a), rank(e.b)].toSorted((x, y) => x - y);
    const rule = e.rule === "probable" ? Infinity : -rules.ruleRanks[e.rule];
    return [rule, -e.confidence, -(low ?? 0), -(high ?? 0), e.firstAt, e.a, e.b, e.rule, e.source];
  };
  return edges.toSorted((x, y) => {
    const [left, right] = [order(x), order(y)];
    const at = left.findIndex((value, index) => value !== right[index]);
    return at < 0 ? 0 : (left[at] ?? 0) < (right[at] ?? 0) ? -1 : 1;
  });
}

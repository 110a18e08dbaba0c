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
  /** By kind of set: people, what hangs together, what evidence alone has joined, and unique values said to be one. */
  let [persons, components, sides, ones] = [ordinary, ordinary, ordinary, ordinary];
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
    const [x, y] = [holding(components, e.a), holding(components, e.b)];
    if (x !== y && x.length + y.length > rules.maxEvidenceIdentifiers) {
      codes.set(e, "cap");
      continue;
    }
    components = joining(components, e);
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
    const tooMany =
      uniqueValues(joined, gone, ones, rules).some(([, count]) => count > 1) ||
      count(side.filter((key) => !isUnique(key, rules))).some(([type, many]) => many > rulesOfType(type, rules).limit);
    codes.set(e, tooMany ? "limit" : null);
    if (tooMany) continue;
    if (succeeds) previous.add(e.b);
    persons = joining(persons, e);
    sides = joining(sides, e);
  }
  const alone = input.identifiers.filter((n) => n.seen && (n.decision === "hub" || n.decision === "shared"));
  const all = [...persons, ...alone.map(({ key }) => [key])].map((set) => set.toSorted());
  return { codes, previous, persons: all.map((set) => JSON.stringify(set)).toSorted() };
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

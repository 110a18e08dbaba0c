import type { IdentifierKey } from "../model/identifier.ts";
import { partEdges } from "./corrections.ts";
import { rankedEdges } from "./edgeOrder.ts";
import type { EvidenceInput } from "./resolve.ts";
import type { IdentityRules } from "./rules.ts";

interface Way {
  to: IdentifierKey;
  /** Place in the order of sureness. */
  place: number;
}

/**
 * Identifiers outside of the input that the evidence component of one of `seeds` may hold, now that evidence around
 * them has ceased to join: their own components must be known before anything is resolved. From each seed the surest
 * way that leads on is taken, as Prim grows a tree, until more are reached than a component may hold: what is beyond
 * cannot be part of it. At most one is answered for each seed; ask again with what it brings.
 */
export function loosenedReach(
  seeds: Iterable<IdentifierKey>,
  input: EvidenceInput,
  rules: IdentityRules,
): IdentifierKey[] {
  const ordinary = new Map(input.identifiers.map((each) => [each.key, each]));
  const joins = (key: IdentifierKey): boolean => {
    const found = ordinary.get(key);
    return found?.seen === true && found.decision === "ordinary";
  };
  const ways = waysOf(input, joins, rules);
  const found = new Set<IdentifierKey>();
  for (const seed of seeds) {
    const outside = joins(seed) ? firstOutside(seed, ways, (key) => ordinary.get(key)?.outside === true, rules) : null;
    if (outside !== null) found.add(outside);
  }
  return [...found];
}

function waysOf(
  { edges }: EvidenceInput,
  joins: (key: IdentifierKey) => boolean,
  rules: IdentityRules,
): Map<IdentifierKey, Way[]> {
  const { same, evidence } = partEdges(edges);
  const ways = new Map<IdentifierKey, Way[]>();
  const add = (from: IdentifierKey, way: Way): void => {
    const known = ways.get(from);
    if (known === undefined) ways.set(from, [way]);
    else known.push(way);
  };
  for (const [place, { a, b }] of [...same, ...rankedEdges(evidence, rules)].entries()) {
    if (!joins(a) || !joins(b)) continue;
    add(a, { to: b, place });
    add(b, { to: a, place });
  }
  return ways;
}

function firstOutside(
  seed: IdentifierKey,
  ways: ReadonlyMap<IdentifierKey, Way[]>,
  isOutside: (key: IdentifierKey) => boolean,
  rules: IdentityRules,
): IdentifierKey | null {
  const reached = new Set<IdentifierKey>();
  let frontier: Way[] = [{ to: seed, place: -1 }];
  while (frontier.length > 0 && reached.size <= rules.maxEvidenceIdentifiers) {
    const next = frontier.reduce((surest, way) => (way.place < surest.place ? way : surest));
    if (isOutside(next.to)) return next.to;
    reached.add(next.to);
    frontier = [...frontier, ...(ways.get(next.to) ?? [])].filter(({ to }) => !reached.has(to));
  }
  return null;
}

import type { Edge } from "../model/evidence.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { rulesOfType, typeOfKey, type IdentityRules } from "./rules.ts";

/** How many values of each type somebody holds. There are few types, so that copying costs less than keeping less. */
export type Held = ReadonlyMap<string, number>;
export const nothingHeld: Held = new Map();

/** What each identifier holds by itself, by its number: unique types apart from the others. */
export function heldAlone(keys: readonly IdentifierKey[], rules: IdentityRules): { uniques: Held[]; others: Held[] } {
  const one = new Map<string, { held: Held; isUnique: boolean }>();
  const alone = keys.map((key) => {
    const type = typeOfKey(key);
    let of = one.get(type);
    if (of === undefined) {
      of = { held: new Map([[type, 1]]), isUnique: rulesOfType(type, rules).kind === "unique" };
      one.set(type, of);
    }
    return of;
  });
  return {
    uniques: alone.map(({ held, isUnique }) => (isUnique ? held : nothingHeld)),
    others: alone.map(({ held, isUnique }) => (isUnique ? nothingHeld : held)),
  };
}

export function sum(x: Held = nothingHeld, y: Held = nothingHeld): Map<string, number> {
  const total = new Map(x);
  for (const [type, count] of y) total.set(type, (total.get(type) ?? 0) + count);
  return total;
}

export function most(x: Held = nothingHeld, y: Held = nothingHeld): Map<string, number> {
  const greatest = new Map(x);
  for (const [type, count] of y) greatest.set(type, Math.max(greatest.get(type) ?? 0, count));
  return greatest;
}

/** The first type, by name, of which there are too many. */
export function brokenLimit(held: Held, rules: IdentityRules): string | null {
  let broken: string | null = null;
  for (const [type, count] of held) {
    if (count > rulesOfType(type, rules).limit && (broken === null || type < broken)) broken = type;
  }
  return broken;
}

/**
 * Null where the edge may make one person of two sides, `x` that of `a` and `y` that of `b`; else the type that stands
 * between them (the first by name), a surer, personal one of which each side has its own, and the type of the edge's
 * less sure end. A type that bridges does not either where each side has another one of it, beside the edge's own: an
 * address that two people share who have one each.
 */
export function bridged(
  { a, b }: Edge,
  [x, y]: readonly [Held, Held],
  rules: IdentityRules,
): { link: string; type: string } | null {
  const [typeA, typeB] = [typeOfKey(a), typeOfKey(b)];
  const [ofA, ofB] = [rulesOfType(typeA, rules), rulesOfType(typeB, rules)];
  const isAtA = ofA.rank < ofB.rank || (ofA.rank === ofB.rank && (!ofA.bridges || ofB.bridges));
  const [link, { rank, bridges }] = isAtA ? [typeA, ofA] : [typeB, ofB];
  if (bridges) {
    const beside = (held: Held, end: string): number => (held.get(link) ?? 0) - (end === link ? 1 : 0);
    if (beside(x, typeA) < 1 || beside(y, typeB) < 1) return null;
  }
  let between: string | null = null;
  for (const [type, count] of x) {
    if (count === 0 || (y.get(type) ?? 0) === 0) continue;
    const { kind, rank: own } = rulesOfType(type, rules);
    if (kind === "personal" && own > rank && (between === null || type < between)) between = type;
  }
  return between === null ? null : { link, type: between };
}

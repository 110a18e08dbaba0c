import type { Identifier } from "../model/identifier.ts";
import { rulesOfType } from "./rules.ts";
import type { BlockedValues, IdentityRules } from "./rules.ts";

/**
 * True for a placeholder, which names nobody. The identifier is normalised (Unicode form, outer white space); here case and
 * inner white space go too, so `N / A` is `n/a`.
 */
export function isBlocked({ type, value }: Identifier, rules: IdentityRules): boolean {
  const folded = fold(value);
  const own = rulesOfType(type, rules).blocked;
  return matches(folded, rules.blocked) || (own !== undefined && matches(folded, own));
}

/** Case-insensitive by Unicode. */
export function blockedPattern(source: string): RegExp {
  return new RegExp(source, "iu");
}

function fold(value: string): string {
  return value.toLowerCase().replaceAll(/\s+/g, "");
}

interface Matcher {
  values: ReadonlySet<string>;
  patterns: readonly RegExp[];
}
/** Compiled once a document; forgotten with it. */
const matchers = new WeakMap<BlockedValues, Matcher>();

function matches(folded: string, blocked: BlockedValues): boolean {
  let matcher = matchers.get(blocked);
  if (matcher === undefined) {
    matcher = { values: new Set(blocked.values.map(fold)), patterns: blocked.patterns.map(blockedPattern) };
    matchers.set(blocked, matcher);
  }
  return matcher.values.has(folded) || matcher.patterns.some((pattern) => pattern.test(folded));
}

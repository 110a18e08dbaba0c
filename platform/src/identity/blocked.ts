import { identifierKey, type Identifier } from "../model/identifier.ts";
import { blockedPatterns, type BlockedPatterns } from "./blockedPattern.ts";
import { rulesOfType } from "./rules.ts";
import type { BlockedValues, IdentityRules } from "./rules.ts";

/**
 * True for a placeholder, which names nobody. The identifier is normalised (Unicode form, outer white space); here case and
 * inner white space go too, so `N / A` is `n/a`.
 */
export function isBlocked(identifier: Identifier, rules: IdentityRules): boolean {
  const key = identifierKey(identifier);
  const answers = recentAnswers(rules);
  const known = answers.young.get(key) ?? answers.old.get(key);
  if (known !== undefined) return known;
  const answer = matchesAny(identifier, rules);
  answers.young.set(key, answer);
  if (answers.young.size >= maxRecentAnswers) {
    answers.old = answers.young;
    answers.young = new Map();
  }
  return answer;
}

function matchesAny({ type, value }: Identifier, rules: IdentityRules): boolean {
  const folded = fold(value);
  const own = rulesOfType(type, rules).blocked;
  return matches(folded, rules.blocked) || (own !== undefined && matches(folded, own));
}

function fold(value: string): string {
  return value.toLowerCase().replaceAll(/\s+/g, "");
}

/** Who is asked about is asked about again: an identifier meets the same company in event after event. */
interface RecentAnswers {
  young: Map<string, boolean>;
  old: Map<string, boolean>;
}
/** Of each of two generations, about 100 bytes each. */
const maxRecentAnswers = 25_000;
const answered = new WeakMap<IdentityRules, RecentAnswers>();

function recentAnswers(rules: IdentityRules): RecentAnswers {
  let answers = answered.get(rules);
  if (answers === undefined) {
    answers = { young: new Map(), old: new Map() };
    answered.set(rules, answers);
  }
  return answers;
}

interface Matcher {
  values: ReadonlySet<string>;
  patterns: BlockedPatterns;
}
/** Compiled once a document; forgotten with it. */
const matchers = new WeakMap<BlockedValues, Matcher>();

function matches(folded: string, blocked: BlockedValues): boolean {
  let matcher = matchers.get(blocked);
  if (matcher === undefined) {
    matcher = { values: new Set(blocked.values.map(fold)), patterns: blockedPatterns(blocked.patterns) };
    matchers.set(blocked, matcher);
  }
  return matcher.values.has(folded) || matcher.patterns.test(folded);
}

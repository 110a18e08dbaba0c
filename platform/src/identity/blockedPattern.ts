import { RE2JS } from "re2js";

/** What is wrong with a pattern, in the words that follow its name. */
export class PatternProblem extends Error {}

export interface BlockedPattern {
  /** Whether it is found anywhere in the value. */
  test(value: string): boolean;
}

/**
 * Patterns come from outside, and values from everybody: so they are matched by an engine whose time is bounded by the
 * length of the value times that of the pattern (RE2: Cox, "Regular Expression Matching in the Wild", 2010).
 * Case-insensitive by Unicode. Throws {@link PatternProblem}.
 */
export function blockedPattern(source: string): BlockedPattern {
  if (/\\[1-9]|\\k</.test(source)) throw new PatternProblem("has a back-reference, which patterns do not know");
  if (/\(\?<?[=!]/.test(source)) throw new PatternProblem("looks ahead or behind, which patterns do not know");
  try {
    return RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
  } catch {
    throw new PatternProblem("is not a regular expression");
  }
}

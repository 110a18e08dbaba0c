import { RE2JS } from "re2js";

/** What is wrong with a pattern, in the words that follow its name. */
export class PatternProblem extends Error {}

export interface BlockedPatterns {
  /** Whether one of them is found anywhere in the value. */
  test(value: string): boolean;
}

/** Steps that the engine may take for each character of a value; a usual pattern has some twenty. */
export const maxPatternsSize = 2_000;

/**
 * Patterns come from outside, and values from everybody: so they are matched by an engine whose time is bounded by the
 * length of the value times the size of the patterns (RE2: Cox, "Regular Expression Matching in the Wild", 2010). All
 * of a list at once, which costs hardly more than one. Case-insensitive by Unicode.
 */
export function blockedPatterns(sources: readonly string[]): BlockedPatterns {
  if (sources.length === 0) return { test: () => false };
  return compiled(sources.map((source) => `(?:${source})`).join("|"));
}

/** Steps of the engine. Throws {@link PatternProblem} for what is no pattern. */
export function patternSize(source: string): number {
  if (/\\[1-9]|\\k</.test(source)) throw new PatternProblem("has a back-reference, which patterns do not know");
  if (/\(\?<?[=!]/.test(source)) throw new PatternProblem("looks ahead or behind, which patterns do not know");
  try {
    return compiled(source).programSize();
  } catch {
    throw new PatternProblem("is not a regular expression");
  }
}

function compiled(source: string): RE2JS {
  return RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
}

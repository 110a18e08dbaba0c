import { maxDepth, type Rejection } from "../model/event.ts";

/**
 * What JSON can say and no store can keep: text that is not Unicode (lone surrogates), NUL, numbers beyond a double,
 * nesting without end. Null when the value is fit to be stored.
 */
export function unstorable(value: unknown): Rejection | null {
  const found = walk(value, 0);
  if (found === null) return null;
  const field = pathText(found.path);
  return { ...reasons[found.what], ...(field === "" ? {} : { field }) };
}

const reasons = {
  surrogate: { code: "text_not_unicode", message: "a text has half a surrogate pair; send UTF-8 text" },
  nul: { code: "text_has_nul", message: "a text holds the character NUL (U+0000); leave it out" },
  number: { code: "number_out_of_range", message: "a number is beyond what a 64-bit float can hold" },
  depth: { code: "too_deep", message: `the call is nested deeper than ${maxDepth} brackets` },
} as const;

interface Found {
  what: keyof typeof reasons;
  /** Innermost first. */
  path: (string | number)[];
}

function walk(value: unknown, depth: number): Found | null {
  if (typeof value === "string") return textProblem(value);
  if (typeof value === "number") return Number.isFinite(value) ? null : { what: "number", path: [] };
  if (typeof value !== "object" || value === null) return null;
  if (depth >= maxDepth) return { what: "depth", path: [] };
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const found = walk(value[index], depth + 1);
      if (found !== null) return under(index, found);
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    const found = textProblem(key) ?? walk((value as Record<string, unknown>)[key], depth + 1);
    if (found !== null) return under(key, found);
  }
  return null;
}

function under(key: string | number, found: Found): Found {
  found.path.push(key);
  return found;
}

function textProblem(text: string): Found | null {
  if (text.includes("\0")) return { what: "nul", path: [] };
  return text.isWellFormed() ? null : { what: "surrogate", path: [] };
}

const maxPathChars = 200;

function pathText(innermostFirst: readonly (string | number)[]): string {
  const parts = innermostFirst
    .toReversed()
    .map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`));
  return parts.join("").slice(0, maxPathChars).toWellFormed().replaceAll("\0", "?");
}

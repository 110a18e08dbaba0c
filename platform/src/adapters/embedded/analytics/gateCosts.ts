/**
 * Functions that take more than a number of steps in proportion to their arguments. DuckDB does not look at its
 * interrupt while one function works on one value, so no deadline ends them: their arguments are bounded instead.
 */
export interface Cost {
  /** For the caller: what cannot be used, and what can. */
  what: string;
  hint: string;
}

type Tree = { [key: string]: unknown };

const maxComparedChars = 500;
/** Wildcards of a pattern whose every position may be tried at every other's. */
const maxWildcards = 3;

/** Steps: the length of one text times that of the other. */
const comparing = new Set([
  "levenshtein",
  "damerau_levenshtein",
  "jaccard",
  "jaro_similarity",
  "jaro_winkler_similarity",
]);
/** Answers no longer than the first argument. */
const keepingLength = new Set([
  "lower",
  "upper",
  "lcase",
  "ucase",
  "trim",
  "ltrim",
  "rtrim",
  "strip_accents",
  "reverse",
]);
const like = new Set(["~~", "!~~"]);
const tryingEachPosition = new Set([
  "~~*",
  "!~~*",
  "~~~",
  "like_escape",
  "not_like_escape",
  "ilike_escape",
  "not_ilike_escape",
]);

/** What is too costly about a call with these arguments (DuckDB's tree); null where nothing is. */
export function costOf(name: string, children: readonly unknown[]): Cost | null {
  if (comparing.has(name) && !children.every(isShort)) {
    return { what: `\`${name}\` of texts of any length`, hint: `compare left(…, ${maxComparedChars})` };
  }
  if (!like.has(name) && !tryingEachPosition.has(name)) return null;
  const pattern = textOf(children[1]);
  if (pattern === null) return { what: "a pattern that is not written out", hint: "write it out, or use contains" };
  if (like.has(name) && !pattern.includes("_")) return null;
  const wildcards = pattern.match(name === "~~~" ? /\*/g : /%/g)?.length ?? 0;
  if (wildcards <= maxWildcards) return null;
  return { what: "a pattern with this many wildcards", hint: `at most ${maxWildcards}, or regexp_matches` };
}

function isShort(value: unknown): boolean {
  const text = textOf(value);
  if (text !== null) return text.length <= maxComparedChars;
  const { class: kind, function_name: name, children } = treeOf(value);
  if (kind !== "FUNCTION" || typeof name !== "string" || !Array.isArray(children)) return false;
  if (keepingLength.has(name.toLowerCase())) return isShort(children[0]);
  const length = { left: 1, right: 1, substr: 2, substring: 2 }[name.toLowerCase()];
  return length !== undefined && isWithin(numberOf(children[length]));
}

function isWithin(length: unknown): boolean {
  return typeof length === "number" && length >= 0 && length <= maxComparedChars;
}

function treeOf(value: unknown): Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

/** A text that is written out; DuckDB leaves the empty one out of its tree. */
function textOf(value: unknown): string | null {
  const node = treeOf(value);
  if (node["class"] !== "CONSTANT") return null;
  const { value: text, type } = treeOf(node["value"]);
  if (text === undefined) return "";
  return typeof text === "string" && treeOf(type)["id"] === "VARCHAR" ? text : null;
}

function numberOf(value: unknown): unknown {
  const node = treeOf(value);
  return node["class"] === "CONSTANT" ? treeOf(node["value"])["value"] : null;
}

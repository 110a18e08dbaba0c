import type { EvidenceRule } from "../model/evidence.ts";
import { logoutNames, logoutNumber } from "../model/logout.ts";
import { Problem } from "../model/problem.ts";
import { maxPatternsSize, PatternProblem, patternSize } from "./blockedPattern.ts";
import type { BlockedValues, IdentifierKind, IdentifierTypeRules, IdentityRules, TenancyRules } from "./rules.ts";

const kinds: readonly IdentifierKind[] = ["unique", "personal", "device", "plain"];
const edgeRules: readonly EvidenceRule[] = ["alias", "seen_together"];
const documentFields: readonly Exclude<keyof IdentityRules, "tenancies">[] = [
  "types",
  "otherTypes",
  "blocked",
  "hubThreshold",
  "sharedDeviceLogins",
  "crowdThreshold",
  "maxEvidenceIdentifiers",
  "ruleRanks",
];
const maxTypes = 200;
const maxBlockedEntries = 500;
const maxBlockedChars = 200;
const maxRank = 1_000_000;
const maxLimit = 10_000;
/** A component is loaded and resolved as a whole. */
const maxComponentIdentifiers = 10_000;

/**
 * A rules document from outside. Throws Problem 400 `invalid_identity_rules` with the path of the first field that is
 * wrong, and how to mend it.
 */
export function parseIdentityRules(document: unknown): IdentityRules {
  const fields = exactObject(document, "", documentFields, ["tenancies"]);
  const rules: IdentityRules = {
    types: parseTypes(fields["types"]),
    otherTypes: parseType(fields["otherTypes"], "otherTypes"),
    blocked: parseBlocked(fields["blocked"], "blocked"),
    hubThreshold: integer(fields, "hubThreshold", 2, maxLimit),
    sharedDeviceLogins: integer(fields, "sharedDeviceLogins", 2, maxLimit),
    crowdThreshold: integer(fields, "crowdThreshold", 2, maxLimit),
    maxEvidenceIdentifiers: integer(fields, "maxEvidenceIdentifiers", 2, maxComponentIdentifiers),
    ruleRanks: parseRuleRanks(fields["ruleRanks"]),
    tenancies: Object.hasOwn(fields, "tenancies") ? parseTenancies(fields["tenancies"]) : noTenancies,
  };
  checkTogether(rules);
  return rules;
}

type Fields = Readonly<Record<string, unknown>>;

function wrong(field: string, message: string, hint: string): Problem {
  const name = field === "" ? "The document" : `\`${field}\``;
  const where = field === "" ? {} : { field };
  return new Problem(400, "invalid_identity_rules", `${name} ${message}.`, { hint, ...where });
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function exactObject(value: unknown, path: string, required: readonly string[], optional: string[] = []): Fields {
  const known = [...required, ...optional];
  const hint = `Its fields are ${known.join(", ")}.`;
  if (!isFields(value)) throw wrong(path, "is not an object", hint);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw wrong(below(path, unknown), "is not known here", hint);
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) throw wrong(below(path, missing), "is missing", hint);
  return value;
}

function below(path: string, name: string): string {
  return `${path}${path === "" ? "" : "."}${name.slice(0, 60)}`;
}

function integer(fields: Fields, name: string, least: number, most: number, path = ""): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw wrong(below(path, name), "is not as it should be", `Give a whole number from ${least} to ${most}.`);
}

function parseTypes(value: unknown): Record<string, IdentifierTypeRules> {
  if (!isFields(value)) throw wrong("types", "is not an object", "Map each identifier type to its rules.");
  const entries = Object.entries(value);
  if (entries.length > maxTypes) throw wrong("types", "has too many types", `Give at most ${maxTypes}.`);
  const types = entries.map(([type, rules]): [string, IdentifierTypeRules] => {
    const path = below("types", type);
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(type)) {
      throw wrong(path, "is no identifier type", "Write types in lower-case snake_case, at most 40 characters.");
    }
    return [type, parseType(rules, path)];
  });
  return Object.fromEntries(types);
}

function parseType(value: unknown, path: string): IdentifierTypeRules {
  const fields = exactObject(value, path, ["kind", "rank", "limit", "bridges"], ["blocked", "crowd"]);
  const kind = kinds.find((known) => known === fields["kind"]);
  if (kind === undefined) throw wrong(below(path, "kind"), "is not a kind", `Give one of ${kinds.join(", ")}.`);
  const rank = integer(fields, "rank", 0, maxRank, path);
  const limit = integer(fields, "limit", 1, maxLimit, path);
  if (kind === "unique" && limit !== 1) {
    throw wrong(below(path, "limit"), "contradicts the kind", "A unique type has limit 1; make it personal for more.");
  }
  const bridges = fields["bridges"];
  if (typeof bridges !== "boolean") throw wrong(below(path, "bridges"), "is not a yes or no", "Give true or false.");
  const type: IdentifierTypeRules = { kind, rank, limit, bridges };
  if (fields["crowd"] !== undefined) type.crowd = integer(fields, "crowd", 2, maxLimit, path);
  if (fields["blocked"] !== undefined) type.blocked = parseBlocked(fields["blocked"], below(path, "blocked"));
  return type;
}

function parseBlocked(value: unknown, path: string): BlockedValues {
  const fields = exactObject(value, path, ["values", "patterns"]);
  const values = texts(fields["values"], below(path, "values"));
  const patterns = texts(fields["patterns"], below(path, "patterns"));
  checkPatterns(patterns, below(path, "patterns"));
  return { values, patterns };
}

function texts(value: unknown, path: string): string[] {
  const hint = `Give at most ${maxBlockedEntries} texts of 1 to ${maxBlockedChars} characters.`;
  if (!Array.isArray(value) || value.length > maxBlockedEntries) throw wrong(path, "is not such a list", hint);
  return value.map((text: unknown, index) => {
    if (typeof text === "string" && text !== "" && text.length <= maxBlockedChars) return text;
    throw wrong(`${path}[${index}]`, "is not such a text", hint);
  });
}

function checkPatterns(patterns: readonly string[], path: string): void {
  let size = 0;
  for (const [index, pattern] of patterns.entries()) {
    size += sizeOf(pattern, `${path}[${index}]`);
    if (size <= maxPatternsSize) continue;
    throw wrong(`${path}[${index}]`, "has too much to match, with those before it", largeHint);
  }
}

const largeHint =
  "Write shorter patterns: a repetition like {1000} counts a thousand times, and matching all takes as long.";

function sizeOf(pattern: string, path: string): number {
  try {
    return patternSize(pattern);
  } catch (error) {
    const why = error instanceof PatternProblem ? error.message : "is not a regular expression";
    throw wrong(path, why, patternHint);
  }
}

const patternHint =
  "Write it as in JavaScript, without back-references and without looking ahead or behind (RE2's syntax): " +
  "so that every match takes time by the length of the value alone.";

function parseRuleRanks(value: unknown): Record<EvidenceRule, number> {
  const fields = exactObject(value, "ruleRanks", edgeRules);
  return {
    alias: integer(fields, "alias", 0, maxRank, "ruleRanks"),
    seen_together: integer(fields, "seen_together", 0, maxRank, "ruleRanks"),
  };
}

/** What documents mean that were published before devices changed hands. */
const noTenancies: TenancyRules = { anonymousEvents: "own_person", logoutEvents: [] };
const anonymousPolicies: readonly TenancyRules["anonymousEvents"][] = ["last_login", "own_person"];

function parseTenancies(value: unknown): TenancyRules {
  const fields = exactObject(value, "tenancies", ["anonymousEvents", "logoutEvents"]);
  const anonymousEvents = anonymousPolicies.find((known) => known === fields["anonymousEvents"]);
  if (anonymousEvents === undefined) {
    throw wrong("tenancies.anonymousEvents", "is not a policy", `Give one of ${anonymousPolicies.join(", ")}.`);
  }
  const named = texts(fields["logoutEvents"], "tenancies.logoutEvents").map((name, index) => {
    const number = logoutNumber(name);
    if (number !== 0) return number;
    throw wrong(`tenancies.logoutEvents[${index}]`, "is no known logout", `Give some of ${logoutNames.join(", ")}.`);
  });
  return { anonymousEvents, logoutEvents: logoutNames.filter((_, index) => named.includes(index + 1)) };
}

/** A crowd smaller than what one person may have would make hubs of that person's own identifiers. */
function checkTogether({ types, otherTypes, crowdThreshold }: IdentityRules): void {
  const all = [...Object.entries(types), ["otherTypes", otherTypes] as const];
  const crowds = all.flatMap(([type, { crowd }]) => (crowd === undefined ? [] : [{ path: crowdPath(type), crowd }]));
  for (const [type, { kind, limit }] of all) {
    const tooSmall = [{ path: "crowdThreshold", crowd: crowdThreshold }, ...crowds].find(({ crowd }) => limit >= crowd);
    if (kind !== "personal" || tooSmall === undefined) continue;
    throw wrong(tooSmall.path, `is not above the limit of ${type}`, `Give more than ${limit}, or lower that limit.`);
  }
}

function crowdPath(type: string): string {
  return type === "otherTypes" ? "otherTypes.crowd" : `types.${type}.crowd`;
}

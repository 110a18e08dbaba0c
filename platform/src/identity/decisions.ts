import type { NodeDecision } from "../model/evidence.ts";
import { isDevice, type FragmentState } from "../model/fragment.ts";
import { identifierKey, parseIdentifierKey } from "../model/identifier.ts";
import type { Identifier, IdentifierKey } from "../model/identifier.ts";
import { isBlocked } from "./blocked.ts";
import { compareText, rulesOfType } from "./rules.ts";
import { logoutMask } from "./tenancies.ts";
import type { IdentifierTypeRules, IdentityRules } from "./rules.ts";

/**
 * From evidence alone, before any edge, so that it cannot depend on how people were joined before.
 * `seenWith`: what ever stood in one event with this identifier, in any order; what does not count is passed over.
 *
 * More company can turn `ordinary` into `hub` or `shared`, nothing turns it back: any other decision is final, and
 * whoever stores it may forget `seenWith`.
 */
export function decide(identifier: Identifier, seenWith: readonly IdentifierKey[], rules: IdentityRules): NodeDecision {
  if (isBlocked(identifier, rules)) return "blocked";
  const own = rulesOfType(identifier.type, rules);
  const values = new Map<string, Set<IdentifierKey>>();
  for (const key of seenWith) {
    if (key === logoutWitness) {
      if (isDeviceType(identifier, rules)) return nobodysOwn(own);
      continue;
    }
    const witness = parseIdentifierKey(key);
    if (!counts(identifier, witness, rules)) continue;
    // Anybody may make types up: those that the rules do not name count together.
    const type = Object.hasOwn(rules.types, witness.type) ? witness.type : "*";
    const distinct = values.get(type) ?? new Set();
    values.set(type, distinct.add(key));
    if (distinct.size >= threshold(witness.type, own, rules)) return nobodysOwn(own);
  }
  return "ordinary";
}

/** Stands among what a device was seen with once somebody signed out there. No identifier is without a value. */
export const logoutWitness = "logout:";

/** What a combination was seen with: its identifiers, and that somebody signed out, if these rules hold it for that. */
export function companyOf(
  { identifiers, logouts = 0 }: Pick<FragmentState, "identifiers" | "logouts">,
  rules: IdentityRules,
): readonly IdentifierKey[] {
  return (logouts & logoutMask(rules)) === 0 ? identifiers : [...identifiers, logoutWitness];
}

/** By its aliases: more than can hang together name it. `aliases`: how many edges of that rule have it as an end. */
export function decideByAliases(type: string, aliases: number, rules: IdentityRules): NodeDecision {
  return aliases > rules.maxEvidenceIdentifiers ? nobodysOwn(rulesOfType(type, rules)) : "ordinary";
}

function nobodysOwn({ kind }: IdentifierTypeRules): NodeDecision {
  return kind === "device" ? "shared" : "hub";
}

/**
 * `seenWith` and what counts of a combination that the identifier stood in (which may name the identifier itself, and
 * what does not count). Sorted, distinct; commutative, associative and idempotent. It stays short: with `decide`
 * asked after each, no type reaches its threshold twice.
 */
export function mergeSeenWith(
  identifier: Identifier,
  seenWith: readonly IdentifierKey[],
  combination: readonly IdentifierKey[],
  rules: IdentityRules,
): IdentifierKey[] {
  const merged = new Set(seenWith);
  for (const key of combination) {
    if (merged.has(key)) continue;
    const isWitness =
      key === logoutWitness ? isDeviceType(identifier, rules) : counts(identifier, parseIdentifierKey(key), rules);
    if (isWitness) merged.add(key);
  }
  return [...merged].sort(compareText);
}

/** In a person's words, naming the rule; null for an ordinary identifier. Quotes no value. */
export function decisionReason(key: IdentifierKey, decision: NodeDecision, rules: IdentityRules): string | null {
  const { type } = parseIdentifierKey(key);
  const most = rulesOfType(type, rules).crowd ?? rules.crowdThreshold;
  const crowd = `${most} or more other personal identifiers of one type, a throng of devices, or too many aliases`;
  switch (decision) {
    case "ordinary":
      return null;
    case "blocked":
      return `This ${type} is a placeholder that names nobody (rule: blocked values).`;
    case "hub":
      return `This ${type} was seen with ${rules.hubThreshold} or more logins, with ${crowd}: it is nobody's own (rule: hubs).`;
    case "shared":
      return (
        `This ${type} was seen with ${rules.sharedDeviceLogins} or more logins, with ${crowd}, or somebody signed ` +
        `out there: several people use it (rule: shared devices).`
      );
  }
}

/** Only of devices that change hands: what others were seen with says nothing about who left. */
function isDeviceType(identifier: Identifier, rules: IdentityRules): boolean {
  return rulesOfType(identifier.type, rules).kind === "device" && isDevice(identifierKey(identifier));
}

/** A unique identifier is not judged by others of its own type: that two logins meet is a matter for the limit. */
function counts(identifier: Identifier, witness: Identifier, rules: IdentityRules): boolean {
  const { kind } = rulesOfType(witness.type, rules);
  if (kind === "unique" && witness.type === identifier.type) return false;
  return identifierKey(witness) !== identifierKey(identifier) && !isBlocked(witness, rules);
}

/**
 * Devices come and go, so it takes many more of them: this many times what one person may have of the type.
 * One login with a new device id in every event (a load test, a server that makes up ids) must come to an end, or each
 * event would have all the earlier ones resolved again.
 */
const throngFactor = 3;

/** Distinct values of a witness's type that say of an identifier of type `own` that it is nobody's own. */
function threshold(witnessType: string, own: IdentifierTypeRules, rules: IdentityRules): number {
  const { kind, limit } = rulesOfType(witnessType, rules);
  if (kind === "unique") return own.kind === "device" ? rules.sharedDeviceLogins : rules.hubThreshold;
  if (kind === "personal") return own.crowd ?? rules.crowdThreshold;
  return Math.max(rules.crowdThreshold, throngFactor * limit);
}

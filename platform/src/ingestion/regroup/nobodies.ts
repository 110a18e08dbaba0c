import { companyOf, decide, decideByAliases, mergeSeenWith } from "../../identity/index.ts";
import type { NodeDecision } from "../../model/evidence.ts";
import type { FragmentId } from "../../model/fragment.ts";
import { parseIdentifierKey, type IdentifierKey } from "../../model/identifier.ts";
import type { Combination } from "../../storage/everybody.ts";
import type { IdentifierRow } from "../../storage/identityAndProfiles.ts";
import { aliasCounts, mostAliases, rowsOf, type Numbers, type RegroupingParts } from "./regrouping.ts";

/** An identifier that joined nobody, and what other rules make of it. */
export interface Nobody {
  readonly before: IdentifierRow;
  /** A hub or shared one that was blocked has a number of its own here already; one that joins now has that of before. */
  readonly now: IdentifierRow;
  /** That hold it; empty unless it joins now. */
  readonly fragments: readonly FragmentId[];
}

export type Nobodies = ReadonlyMap<IdentifierKey, Nobody>;

/** Share of the whole work, by time. */
export const scanShare = 0.15;

/**
 * Decides anew who joined nobody. What such an identifier was seen with is not kept, and its fragments are other
 * people's: so all combinations are looked through once. What is held is bounded by the number of such identifiers, as
 * each is forgotten once it is decided.
 */
export async function decideNobodies(parts: RegroupingParts, numbers: Numbers): Promise<Nobodies> {
  const { everybody, rules } = parts;
  const nobodies = new Map<IdentifierKey, Deciding>();
  const undecided = new Map<IdentifierKey, Deciding>();
  for await (const before of rowsOf(everybody.joiningNobody, parts)) {
    const isBlocked = decide(parseIdentifierKey(before.key), [], rules) === "blocked";
    const decision = isBlocked ? "blocked" : await decidedByAliases(before.key, parts);
    const deciding = { before, now: { ...before, decision, seenWith: [] }, fragments: [] };
    nobodies.set(before.key, deciding);
    if (decision === "ordinary") undecided.set(before.key, deciding);
  }
  if (undecided.size > 0) await lookThrough(undecided, parts);
  for (const { before, now } of nobodies.values()) {
    if (now.decision === "blocked") now.person = 0;
    else if (now.decision !== "ordinary" && before.person === 0) now.person = numbers.next++;
  }
  return nobodies;
}

async function decidedByAliases(key: IdentifierKey, parts: RegroupingParts): Promise<NodeDecision> {
  const counts = aliasCounts(await parts.everybody.edges([key], mostAliases(parts)));
  return decideByAliases(parseIdentifierKey(key).type, counts.get(key) ?? 0, parts.rules);
}

interface Deciding {
  before: IdentifierRow;
  now: IdentifierRow;
  fragments: FragmentId[];
}

async function lookThrough(undecided: Map<IdentifierKey, Deciding>, parts: RegroupingParts): Promise<void> {
  const { combinations } = await parts.everybody.counts();
  const onPage = (next: number): void => parts.onProgress?.(scanShare * Math.min(1, next / combinations));
  for await (const combination of rowsOf(parts.everybody.combinations, parts, onPage)) {
    for (const key of combination.identifiers) {
      const deciding = undecided.get(key);
      if (deciding !== undefined && see(deciding, combination, parts)) undecided.delete(key);
    }
    if (undecided.size === 0) return;
  }
}

/** True once it is decided that it joins nobody. */
function see({ now, fragments }: Deciding, combination: Combination, { rules }: RegroupingParts): boolean {
  const identifier = parseIdentifierKey(now.key);
  now.seenWith = mergeSeenWith(identifier, now.seenWith, companyOf(combination, rules), rules);
  now.decision = decide(identifier, now.seenWith, rules);
  fragments.push(combination.id);
  if (now.decision === "ordinary") return false;
  now.seenWith = [];
  fragments.length = 0;
  return true;
}

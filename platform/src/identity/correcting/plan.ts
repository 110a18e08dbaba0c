import { compareCorrections, pairName, pairOf, type IdentifierPair } from "../../model/correction.ts";
import type { Resolution, ResolvedEdge } from "../../model/evidence.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import { Problem } from "../../model/problem.ts";
import { compareIdentifiers, rulesOfType, typeOfKey, type IdentityRules } from "../rules.ts";
import { why } from "../why.ts";
import { areOne, edgeOfPair, mustJoin, personOf, type Situation } from "./situation.ts";
import type { Planned, ReadWanted } from "./wanted.ts";

/**
 * What has to be said for what is wanted: as little as has the effect. Problem 409 where it cannot be had, or is so
 * already: `already_one_person`, `already_apart`, `kept_apart`, `person_too_large`, `nothing_to_withdraw`,
 * `identifier_joins_nobody`; 404 `identifier_not_found`.
 */
export function planned(wanted: ReadWanted, situation: Situation): Planned[] {
  if (wanted.kind === "corrections") return wanted.planned.map((each) => asGiven(each, situation));
  const { kind, pair, field } = wanted;
  mustJoin(pair, field, situation);
  if (kind === "merge") return merging(pair, situation);
  return kind === "unmerge" ? unmerging(pair, situation) : keepingApart(pair, situation);
}

function asGiven({ verdict, a, b, field }: Planned & { field: string }, situation: Situation): Planned {
  const last = situation.lastOf({ a, b });
  if (verdict !== "withdrawn") mustJoin({ a, b }, field, situation);
  else if (last === null || last.verdict === "withdrawn") throw nothingToWithdraw(field);
  return { verdict, a, b };
}

function nothingToWithdraw(field: string): Problem {
  return new Problem(409, "nothing_to_withdraw", "Nothing that was said of these two holds.", { field });
}

/**
 * One `same` of the surest identifiers of each. Values of a unique type are two people's until somebody says that they
 * are one's: so where both have a login, it is the logins; with several unique types, one of each.
 */
function merging(pair: IdentifierPair, situation: Situation): Planned[] {
  const now = situation.with([]);
  if (areOne(now, pair)) {
    throw new Problem(409, "already_one_person", "These two are one person already.", {
      hint: "Ask why with: GET /api/identity/why",
    });
  }
  const [one, other] = [personOf(now, pair.a), personOf(now, pair.b)];
  const keeping = now.edges.filter(({ rule, a, b }) => rule === "different" && isBetween(a, b, one, other));
  if (keeping.length > 0) throw keptApart(keeping.map((edge) => edge.firstMessageId));
  const plan = joining(one, other, situation.rules).map((named): Planned => ({ verdict: "same", ...named }));
  const after = situation.with(plan);
  if (areOne(after, pair)) return plan;
  throw refusalOf(plan.flatMap((named) => edgeOfPair(after, named)?.reason ?? []));
}

function isBetween(a: IdentifierKey, b: IdentifierKey, one: IdentifierKey[], other: IdentifierKey[]): boolean {
  return (one.includes(a) && other.includes(b)) || (one.includes(b) && other.includes(a));
}

function joining(one: IdentifierKey[], other: IdentifierKey[], rules: IdentityRules): IdentifierPair[] {
  const bySureness = (x: IdentifierKey, y: IdentifierKey): number => compareIdentifiers(x, y, rules);
  const [sure, surest] = [one.toSorted(bySureness), other.toSorted(bySureness)];
  const pairs: IdentifierPair[] = [];
  const types = [...new Set(sure.map(typeOfKey))].filter((type) => rulesOfType(type, rules).kind === "unique");
  for (const type of types) {
    const [x, y] = [sure, surest].map((keys) => keys.find((key) => typeOfKey(key) === type));
    if (x !== undefined && y !== undefined) pairs.push(pairOf(x, y));
  }
  return pairs.length > 0 ? pairs : [pairOf(sure[0] ?? "", surest[0] ?? "")];
}

function keptApart(ids: readonly string[]): Problem {
  const [first, ...more] = ids;
  const message = `Somebody keeps these two people apart: correction ${[first, ...more].join(", ")}.`;
  return new Problem(409, "kept_apart", message, { hint: "Withdraw that first, if it is wrong." });
}

function refusalOf(reasons: readonly NonNullable<ResolvedEdge["reason"]>[]): Problem {
  const apart = reasons.flatMap(({ correctionId }) => correctionId ?? []);
  if (apart.length > 0) return keptApart(apart);
  const message = reasons[0]?.message ?? "Evidence about them does not fit into one person.";
  return new Problem(409, "person_too_large", message, { hint: "Look at both with: GET /api/identity/why" });
}

/** Takes back, latest first, what was said on the way between the two; `isApart` is false where evidence joins them too. */
function takingBack(pair: IdentifierPair, situation: Situation): { plan: Planned[]; isApart: boolean } {
  const plan: Planned[] = [];
  for (;;) {
    const resolution = situation.with(plan);
    if (!areOne(resolution, pair)) return { plan, isApart: true };
    const latest = latestSaid(pair, resolution, situation);
    if (latest === null) return { plan, isApart: false };
    plan.push({ verdict: "withdrawn", a: latest.a, b: latest.b });
  }
}

function latestSaid(pair: IdentifierPair, resolution: Resolution, { rules, rows }: Situation): ResolvedEdge | null {
  const decisions = new Map([...rows].map(([key, { decision }]) => [key, decision]));
  const { path } = why(pair.a, pair.b, resolution, decisions, rules);
  const said = path.filter(({ rule }) => rule === "same");
  const order = ({ firstAt, firstMessageId }: ResolvedEdge) => ({ receivedAt: firstAt, id: firstMessageId });
  return said.toSorted((x, y) => compareCorrections(order(x), order(y))).at(-1) ?? null;
}

function unmerging(pair: IdentifierPair, situation: Situation): Planned[] {
  if (!areOne(situation.with([]), pair)) {
    throw new Problem(409, "already_apart", "These two are two people already.", {
      hint: "To keep them apart whatever comes, say so: apart.",
    });
  }
  const { plan, isApart } = takingBack(pair, situation);
  return isApart ? plan : withDifferent(plan, pair);
}

function keepingApart(pair: IdentifierPair, situation: Situation): Planned[] {
  if (edgeOfPair(situation.with([]), pair)?.rule === "different") {
    throw new Problem(409, "already_apart", "These two are kept apart already.", {
      hint: "The record of corrections says by whom: GET /api/identity/corrections",
    });
  }
  return withDifferent(takingBack(pair, situation).plan, pair);
}

/** What was said of the pair itself is overruled by it: no need to take that back first. */
function withDifferent(plan: readonly Planned[], pair: IdentifierPair): Planned[] {
  const others = plan.filter((each) => pairName(each) !== pairName(pair));
  return [...others, { verdict: "different", ...pair }];
}

import { compareCorrections, isCorrection, pairOf, type Statement } from "../../model/correction.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import { Problem } from "../../model/problem.ts";
import type { People } from "../../storage/people.ts";
import type { ReviewSide } from "../../storage/reviews.ts";
import { planned } from "../correcting/plan.ts";
import { personOf, situationOf, type Situation } from "../correcting/situation.ts";
import type { IdentityRules } from "../rules.ts";
import { rulesInForce } from "../rulesInForce.ts";

/** Why two profiles are no question any more. */
export interface Elsewhere {
  /** `already_one_person`, `kept_apart`, `profile_gone`, `identifier_joins_nobody`, `person_too_large`. */
  code: string;
  message: string;
  /** What was said of the two; null where evidence decided. `by`: the id of an API token or of a linkage's run. */
  said: { by: string; at: number; verdict: Statement["verdict"]; reason: string } | null;
}

export interface Question {
  a: ReviewSide;
  b: ReviewSide;
}

/** Null while it is still open whether the two are one person. */
export async function decidedElsewhere(
  { a, b }: Question,
  parts: { people: Pick<People, "evidenceAround">; rules: IdentityRules },
): Promise<Elsewhere | null> {
  const around = await parts.people.evidenceAround([a.anchor, b.anchor]);
  const situation = situationOf(around, rulesInForce(around.rules, parts.rules));
  try {
    planned({ kind: "merge", pair: pairOf(a.anchor, b.anchor), field: "merge" }, situation);
    return null;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const code = error.code === "identifier_not_found" ? "profile_gone" : error.code;
    return { code, message: error.message, said: saidOf(a.anchor, b.anchor, situation) };
  }
}

/** The latest that was said between the two people, or within the one that they are. */
function saidOf(a: IdentifierKey, b: IdentifierKey, situation: Situation): Elsewhere["said"] {
  const now = situation.with([]);
  const [one, other] = [new Set(personOf(now, a)), new Set(personOf(now, b))];
  const between = situation.around.corrections.filter(
    (each) => (one.has(each.a) && other.has(each.b)) || (one.has(each.b) && other.has(each.a)),
  );
  const latest = between.filter(isStanding).toSorted(compareCorrections).at(-1);
  if (latest === undefined) return null;
  const { by, receivedAt: at, verdict, reason } = latest;
  return { by, at, verdict, reason };
}

function isStanding(said: Statement): boolean {
  return isCorrection(said) ? said.verdict !== "withdrawn" : said.verdict === "probable";
}

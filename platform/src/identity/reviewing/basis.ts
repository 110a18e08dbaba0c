import type { KeyedHash } from "../../model/keyedHash.ts";
import { Problem } from "../../model/problem.ts";
import type { ReviewField } from "./fields.ts";

/** What somebody sees of a pair when they decide it, in the order of the parts of its basis. */
export interface BasisOf {
  fields: readonly ReviewField[];
  probability: number;
  mergeBasis: string | null;
}

const parts = ["what the two say of themselves", "how probable it is that they are one", "who would be who"] as const;
const partChars = 12;
/** As it is shown: what nobody can tell apart is no change. */
const probabilityDigits = 3;

/** The same for as long as a pair looks the same, and by its parts it tells what has changed. No personal data in it. */
export function pairBasis({ fields, probability, mergeBasis }: BasisOf, hash: KeyedHash): string {
  const values = fields.map(({ name, a, b }) => [name, a, b]);
  const texts = [JSON.stringify(values), probability.toFixed(probabilityDigits), mergeBasis ?? ""];
  return texts.map((text, at) => hash(`review basis ${at}\n${text}`).slice(0, partChars)).join(".");
}

/** Problem 409 `review_changed`, which says what is not as it was. */
export function mustBeAsSeen(seen: string, now: string): void {
  if (seen === now) return;
  const [then, current] = [seen.split("."), now.split(".")];
  const changed = parts.filter((_, at) => then[at] !== current[at]);
  throw new Problem(409, "review_changed", `This pair is not as you saw it. Changed: ${changed.join("; ")}.`, {
    hint: "Look at it again, and decide it then: GET /api/identity/reviews/{id}",
    field: "basis",
  });
}

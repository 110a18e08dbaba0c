import { Problem } from "../../model/problem.ts";

const maxShownChars = 100;

/** Where in the document: `events["Order Completed"].properties.price.type`. */
export type Place = readonly (string | number)[];

/** Problem 400 `tracking_plan_invalid`: what is wrong with the document, where, and how to mend it. */
export function planProblem(at: Place, message: string, hint: string): Problem {
  const field = placeText(at);
  const where = field === "" ? "The plan" : `\`${field}\``;
  return new Problem(400, "tracking_plan_invalid", `${where} ${message}.`, field === "" ? { hint } : { hint, field });
}

export function placeText(at: Place): string {
  const text = at.map((part, index) => partText(part, index === 0)).join("");
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

function partText(part: string | number, isFirst: boolean): string {
  if (typeof part === "number") return `[${part}]`;
  if (!/^[\w$-]+$/.test(part)) return `[${JSON.stringify(part)}]`;
  return isFirst ? part : `.${part}`;
}

/** A name or value of the document, short enough to be quoted. */
export function quoted(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return `\`${text.length > maxShownChars ? `${text.slice(0, maxShownChars)}…` : text}\``.toWellFormed();
}

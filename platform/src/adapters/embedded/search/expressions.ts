import type { Part, Question } from "./question.ts";
import { mark, reversed } from "./terms.ts";

/** How well a profile answers, best first. */
export const classes = ["identifier", "name", "exact", "prefix", "typo"] as const;
export type Class = (typeof classes)[number];

/** A quoted string holds no syntax; words hold no quotes. */
const term = (word: string): string => `"${word}"`;
const begins = (word: string): string => `"${word}"*`;

/** The question in FTS5's language, one expression a class; null where the class has nothing to ask. */
export function expressionOf(
  question: Question,
  wanted: Class,
  variantsOf: (word: string) => readonly string[],
): string | null {
  if (question.parts.length === 0) return null;
  if (wanted === "identifier") return term(`${mark.wholeIdentifier}${question.whole}`);
  if (
    wanted === "typo" &&
    question.parts.every(({ readings }) => readings.flat().every((word) => variantsOf(word).length === 0))
  )
    return null;
  const ofWord = (word: string, isLast: boolean): string => {
    if (wanted === "name") return term(`${mark.name}${word}`);
    if (wanted === "exact") return term(word);
    // Within an address only the last word can still be unfinished.
    const own = isLast ? begins(word) : term(word);
    return anyOf([own, ...(wanted === "typo" ? variantsOf(word).map(term) : [])]);
  };
  return allOf(question.parts.map((part) => anyOf([...readingsOf(part, ofWord), ...phoneEnds(part, wanted)])));
}

function readingsOf({ readings }: Part, ofWord: (word: string, isLast: boolean) => string): string[] {
  return readings.map((reading) => allOf(reading.map((word, at) => ofWord(word, at === reading.length - 1))));
}

/** National writing has a leading 0 that the international form lacks. */
function phoneEnds({ digits }: Part, wanted: Class): string[] {
  if (digits === null || (wanted !== "prefix" && wanted !== "typo")) return [];
  const end = digits.replace(/^0+/, "");
  const forms = new Set([digits, end].filter((form) => form.length >= 3));
  // `00` is how many dial what is written `+`.
  const international = /^00[1-9]/.test(digits) ? [begins(digits.slice(2))] : [];
  return [...[...forms].map((form) => begins(`${mark.reversedDigits}${reversed(form)}`)), ...international];
}

function allOf(expressions: readonly string[]): string {
  return expressions.length === 1 ? (expressions[0] ?? "") : `(${expressions.join(" AND ")})`;
}
function anyOf(expressions: readonly string[]): string {
  const distinct = [...new Set(expressions)];
  return distinct.length === 1 ? (distinct[0] ?? "") : `(${distinct.join(" OR ")})`;
}

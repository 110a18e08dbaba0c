import { Problem } from "../../../model/problem.ts";
import { maxQueryChars, maxQueryWords } from "../../../storage/profileSearch.ts";
import { digitsOf, squashed, withUmlautsSpelled, wordsOf } from "./words.ts";

/** One way to read a part of a question: all of these words. */
export type Reading = readonly string[];

/** A part of a question: any one of its readings. */
export interface Part {
  readings: readonly Reading[];
  /** Digits of what may be a phone number, however it was written; null where there are letters. */
  digits: string | null;
}

export interface Question {
  /** All of them. */
  parts: readonly Part[];
  /** The whole as one word, as a whole identifier would be. */
  whole: string;
  /** Several parts, or one of letters alone: names may be meant even where an identifier is spelled like this. */
  isPlainWords: boolean;
}

/** From this many digits on they are also looked for at the end of phone numbers. */
const minPhoneDigits = 3;
/** `+44 (20) 7946-0958`: a run of digits with what people put between them. */
const digitRun = /[+(]?\d(?:[\d\s()./-]*\d)/g;

/** What was asked, as words. Nothing of it is syntax: every character that is no letter or digit only parts words. */
export function questionOf(q: string): Question {
  if (q.length > maxQueryChars) {
    throw new Problem(400, "query_too_long", `A search has at most ${maxQueryChars} characters.`, {
      hint: "Give a name, an e-mail address, a phone number, a city or an identifier.",
      field: "q",
    });
  }
  const parts: Part[] = [];
  let rest = q.toWellFormed().normalize("NFKC");
  for (const [run] of rest.matchAll(digitRun)) {
    // `12 34` may be two words; only what has something between its digits is not read as one word anyway.
    if (!/\D/.test(run.slice(1)) || digitsOf(run).length < minPhoneDigits) continue;
    if (!standsAlone(rest, run)) continue;
    parts.push({ readings: [[digitsOf(run)], wordsOf(run)], digits: digitsOf(run) });
    rest = rest.replace(run, " ");
  }
  for (const chunk of rest.split(/[\s,;]+/)) {
    const part = partOf(chunk);
    if (part !== null) parts.push(part);
  }
  const words = parts.reduce((sum, { readings }) => sum + Math.max(...readings.map((reading) => reading.length)), 0);
  if (words > maxQueryWords) {
    throw new Problem(400, "query_too_many_words", `A search has at most ${maxQueryWords} words.`, {
      hint: "Leave out what is not needed: two or three words find a person.",
      field: "q",
    });
  }
  const whole = squashed(q);
  return { parts, whole, isPlainWords: parts.length > 1 || (parts[0]?.readings.length === 1 && isLetters(whole)) };
}

function standsAlone(text: string, run: string): boolean {
  const at = text.indexOf(run);
  const isLetter = (character: string | undefined): boolean => /[\p{L}\p{M}@_]/u.test(character ?? "");
  return !isLetter(text[at - 1]) && !isLetter(text[at + run.length]);
}

function isLetters(word: string): boolean {
  return /^[\p{L}\p{M}]+$/u.test(word);
}

function partOf(chunk: string): Part | null {
  const words = wordsOf(chunk);
  if (words.length === 0) return null;
  const spelled = withUmlautsSpelled(chunk);
  const readings = [words, ...(words.length > 1 ? [[squashed(chunk)]] : [])];
  if (spelled !== null) readings.push(wordsOf(spelled));
  const isNumber = /^[+(]?[\d()./-]+$/.test(chunk) && digitsOf(chunk).length >= minPhoneDigits;
  return { readings, digits: isNumber ? digitsOf(chunk) : null };
}

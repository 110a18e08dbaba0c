import type { SearchEntry } from "../../../storage/profileSearch.ts";
import { cut, digitsOf, squashed, withUmlautsSpelled, wordsOf } from "./words.ts";

/** Terms of one profile beyond these are left out: a thousand identifiers of several words each still fit. */
const maxTermsPerProfile = 5_000;
/** Identifiers of more parts (a UUID has five) are found by their beginning, not by each part. */
const maxIdentifierParts = 4;

/**
 * Marks before a term, outside of ASCII so that the full-text tokenizer takes them for letters; no folded word begins
 * with one.
 */
export const mark = { wholeIdentifier: "\u21e5", name: "\u21de", reversedDigits: "\u21e4" } as const;

export interface Terms {
  /** What the full-text index holds. */
  terms: ReadonlySet<string>;
  /** Of these, words that people misspell: letters only. */
  spellings: ReadonlySet<string>;
}

/** Shorter ones allow no edit, and no longer one is met. */
const minSpellingChars = 3;
const maxSpellingChars = 32;
const lettersOnly = /^[\p{L}\p{M}]+$/u;
const asciiLetters = /^[a-z]+$/;

export function isSpelling(word: string): boolean {
  if (word.length < minSpellingChars || word.length > maxSpellingChars) return false;
  return asciiLetters.test(word) || lettersOnly.test(word);
}

/** A pure function of the entry, so that what was indexed can be taken out again exactly. */
export function termsOf(entry: SearchEntry): Terms {
  const terms = new Set<string>();
  const spellings = new Set<string>();
  const add = (word: string): void => {
    if (terms.size >= maxTermsPerProfile) return;
    terms.add(word);
    if (isSpelling(word)) spellings.add(word);
  };
  for (const name of entry.names) {
    for (const word of nameWords(name)) {
      add(word);
      terms.add(`${mark.name}${word}`);
    }
  }
  if (entry.city !== null) nameWords(entry.city).forEach(add);
  for (const { type, value } of [...entry.identifiers, ...entry.contacts]) {
    const whole = squashed(value);
    if (whole === "" || terms.size >= maxTermsPerProfile) continue;
    terms.add(`${mark.wholeIdentifier}${whole}`);
    identifierWords(type, value).forEach(add);
    if (type === "phone") terms.add(`${mark.reversedDigits}${reversed(digitsOf(value))}`);
  }
  return { terms, spellings };
}

/** The words by which a name or a city is found. */
export function nameWords(text: string): string[] {
  const words = wordsOf(text);
  const spelled = withUmlautsSpelled(text);
  const all = spelled === null ? words : [...words, ...wordsOf(spelled)];
  // `Jean-Luc` and `O'Neil` are also written as one word; the parts of an unspaced script are words of their own.
  const joined = text.split(/\s+/).flatMap((part) => (wordsOf(part).length > 1 ? [squashed(part)] : []));
  return [...new Set([...all, ...joined, ...words.flatMap(tails)])].filter((word) => word !== "");
}

/** The words by which an identifier is found. */
export function identifierWords(type: string, value: string): string[] {
  if (type === "phone") return [cut(digitsOf(value))];
  const parts = wordsOf(value);
  // An address is found by its parts in order, which is what typing it amounts to.
  if (type === "email") return parts;
  if (parts.length <= 1) return parts;
  return parts.length <= maxIdentifierParts ? [squashed(value), ...parts] : [squashed(value)];
}

/** E.164 has 15 at most; an extension may follow. */
const maxReversedDigits = 20;

const unspaced = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]+$/u;
const maxTailedChars = 12;

/** Scripts without spaces between words: every later beginning counts, so that a given name is found by itself. */
function tails(word: string): string[] {
  if (word.length < 2 || word.length > maxTailedChars || !unspaced.test(word)) return [];
  const letters = Array.from(word);
  return letters.slice(1).map((_, at) => letters.slice(at + 1).join(""));
}

export function reversed(digits: string): string {
  return Array.from(digits.slice(-maxReversedDigits)).reverse().join("");
}

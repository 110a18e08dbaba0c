/** Longer words are cut: nobody types more, and what is equal so far is told apart when an answer is made. */
export const maxWordChars = 64;
/** Words of one value; a name or an address has far fewer. */
const maxWordsPerText = 32;

const ascii = /^[\u0000-\u007f]*$/; // oxlint-disable-line no-control-regex -- all of ASCII
/** Diacritics of Latin, Greek and Cyrillic; vowel points of Hebrew and Arabic. Other scripts' marks are letters' parts. */
const diacritics = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]/g;
const invisible = /\p{Default_Ignorable_Code_Point}/gu;
const asciiWord = /[a-z0-9]+/g;
const word = /[\p{L}\p{N}\p{M}]+/gu;
const apart: Readonly<Record<string, string>> = {
  ß: "ss",
  ø: "o",
  æ: "ae",
  œ: "oe",
  đ: "d",
  ð: "d",
  ł: "l",
  þ: "th",
  ı: "i",
  ħ: "h",
  ς: "σ",
};
const apartPattern = new RegExp(`[${Object.keys(apart).join("")}]`, "g");

/** One form for all spellings of a text: lower case, without diacritics, Unicode compatibility forms as one. */
export function folded(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  const letters = text.toWellFormed().normalize("NFKD").replaceAll(invisible, "").replaceAll(diacritics, "");
  return letters
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(diacritics, "")
    .replaceAll(apartPattern, (letter) => apart[letter] ?? letter);
}

/** Letters, digits and marks of a text, everything else being between words. */
export function wordsOf(text: string): string[] {
  const plain = folded(text);
  const found = plain.match(ascii.test(plain) ? asciiWord : word) ?? [];
  return found.slice(0, maxWordsPerText).map(cut);
}

/** A whole value as one word: `CRM-00123` is `crm00123`. */
export function squashed(text: string): string {
  return cut((folded(text).match(word) ?? []).join(""));
}

export function cut(text: string): string {
  return text.length <= maxWordChars ? text : text.slice(0, maxWordChars).toWellFormed();
}

const umlauts: Readonly<Record<string, string>> = { ä: "ae", ö: "oe", ü: "ue" };

/** The other way to write German umlauts (`Müller` → `mueller`), or null for a text without any. */
export function withUmlautsSpelled(text: string): string | null {
  if (ascii.test(text)) return null;
  const composed = text.toWellFormed().normalize("NFC").toLowerCase();
  const spelled = composed.replaceAll(/[äöü]/g, (letter) => umlauts[letter] ?? letter);
  return spelled === composed ? null : spelled;
}

export function digitsOf(text: string): string {
  return text.normalize("NFKC").replaceAll(/\D/g, "");
}

import {
  allowedEdits,
  type MatchKind,
  matchKinds,
  type SearchEntry,
  type SearchMatch,
} from "../../../storage/profileSearch.ts";
import { editDistance } from "./edits.ts";
import type { Part, Question } from "./question.ts";
import { identifierWords, isSpelling, nameWords } from "./terms.ts";
import { digitsOf, squashed } from "./words.ts";

/** Identifiers looked at for the reason of one match. */
const maxExplainedIdentifiers = 200;

interface Field {
  field: string;
  value: string;
  words: readonly string[];
  /** The value as one word. */
  whole: string;
}

/** Which values answer the question, and how; each value once, with its best kind. */
export function matchesOf(entry: SearchEntry, question: Question): SearchMatch[] {
  const fields = fieldsOf(entry);
  const found = new Map<string, SearchMatch>();
  const add = ({ field, value }: Field, kind: MatchKind): void => {
    const key = `${field}\n${value}`;
    const before = found.get(key);
    if (before === undefined || rankOf(kind) < rankOf(before.kind)) found.set(key, { field, value, kind });
  };
  const identifier = fields.find(
    ({ field, whole }) => field !== "name" && field !== "city" && whole === question.whole,
  );
  if (identifier !== undefined) return [{ field: identifier.field, value: identifier.value, kind: "exact" }];
  for (const part of question.parts) {
    const kinds = fields.map((field) => kindOfPart(field, part));
    const best = Math.min(...kinds.map((kind) => (kind === null ? matchKinds.length : rankOf(kind))));
    const at = kinds.findIndex((kind) => kind !== null && rankOf(kind) === best);
    const [field, kind] = [fields[at], kinds[at]];
    if (field !== undefined && kind !== undefined && kind !== null) add(field, kind);
    else spreadMatches(fields, part, add);
  }
  return [...found.values()];
}

/** The words of one part may stand in several values: `ada@example` in an address and a name. */
function spreadMatches(fields: readonly Field[], part: Part, add: (field: Field, kind: MatchKind) => void): void {
  for (const word of part.readings.flat()) {
    for (const field of fields) {
      const kind = kindOfWord(field.words, word);
      if (kind === null) continue;
      add(field, kind);
      break;
    }
  }
}

function fieldsOf(entry: SearchEntry): Field[] {
  const identifiers = [...entry.identifiers.slice(0, maxExplainedIdentifiers), ...entry.contacts];
  return [
    ...entry.names.map((value) => ({ field: "name", value, words: nameWords(value), whole: squashed(value) })),
    ...(entry.city === null
      ? []
      : [{ field: "city", value: entry.city, words: nameWords(entry.city), whole: squashed(entry.city) }]),
    ...identifiers.map(({ type, value }) => ({
      field: type,
      value,
      words: identifierWords(type, value),
      whole: squashed(value),
    })),
  ];
}

function kindOfPart(field: Field, part: Part): MatchKind | null {
  let best: MatchKind | null = null;
  for (const reading of part.readings) {
    const kinds = reading.map((word) => kindOfWord(field.words, word));
    if (kinds.some((kind) => kind === null)) continue;
    const worst = kinds.reduce<MatchKind>(
      (least, kind) => (kind !== null && rankOf(kind) > rankOf(least) ? kind : least),
      "exact",
    );
    if (best === null || rankOf(worst) < rankOf(best)) best = worst;
  }
  if (best !== null || part.digits === null || field.field !== "phone") return best;
  const end = part.digits.replace(/^0+/, "");
  return end.length >= 3 && digitsOf(field.value).endsWith(end) ? "prefix" : null;
}

function kindOfWord(words: readonly string[], asked: string): MatchKind | null {
  let best: MatchKind | null = null;
  for (const word of words) {
    if (word === asked) return "exact";
    if (word.startsWith(asked)) best = "prefix";
    else if (best === null && isSpelling(word) && isWithinEdits(word, asked)) best = "typo";
  }
  return best;
}

function isWithinEdits(word: string, asked: string): boolean {
  const most = allowedEdits(asked.length);
  return most > 0 && editDistance(asked, word, most) <= most;
}

function rankOf(kind: MatchKind): number {
  return matchKinds.indexOf(kind);
}

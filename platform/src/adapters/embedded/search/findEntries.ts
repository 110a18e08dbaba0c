import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import {
  allowedEdits,
  maxCountedProfiles,
  maxRankedProfiles,
  type SearchAnswer,
  type SearchFilters,
  type SearchQuery,
} from "../../../storage/profileSearch.ts";
import { byPlace, decodePlace, encodePlace, type Place } from "./cursor.ts";
import { consentLine, decodeEntry, factsOfRow, sourceLine } from "./entryRows.ts";
import { classes, expressionOf } from "./expressions.ts";
import { matchesOf } from "./matches.ts";
import { type Question, questionOf } from "./question.ts";
import type { Spelling, Spellings } from "./spellings.ts";
import { isSpelling } from "./terms.ts";

/** Profiles that the words of one class name, looked through for those that pass the filters. */
const maxFilteredProfiles = 20_000;
const maxSuggestions = 3;

type Found = Omit<SearchAnswer, "asOf">;

/** Answers from an open index file; each call is one snapshot. Problems as {@link SearchQuery}'s port has them. */
export function finderOver(database: DatabaseSync, spellings: Spellings): (query: SearchQuery) => Found {
  const entry = database.prepare(
    "SELECT id, entry, last_seen, revenue, facets, records, first_seen FROM entries JOIN facts USING (number) WHERE number = ?",
  );
  const pageOf = (places: readonly Place[], question: Question | null): Found["items"] =>
    places.flatMap(({ number }) => {
      const row = entry.get(number);
      if (row === undefined) return [];
      const decoded = decodeEntry(String(row["id"]), String(row["entry"]), factsOfRow(row));
      return [{ entry: decoded, matched: question === null ? [] : matchesOf(decoded, question) }];
    });
  return (query) => {
    const question = questionOf(query.q ?? "");
    const after = query.after === undefined ? null : decodePlace(query.after);
    if ((query.q ?? "").trim() === "") {
      const { places, total } = listed(database, query, after);
      return {
        items: pageOf(places.slice(0, query.limit), null),
        next: nextOf(places, query.limit),
        total,
        suggestions: [],
      };
    }
    const memo = new Map<string, Spelling[]>();
    const near = (word: string): Spelling[] => {
      let found = memo.get(word);
      if (found === undefined) {
        const edits = allowedEdits(word.length);
        found = edits === 0 || !isSpelling(word) ? [] : spellings.near(word, edits);
        memo.set(word, found);
      }
      return found;
    };
    const { places, total } = ranked(database, question, query, near);
    const rest = after === null ? places : places.filter((place) => byPlace(place, after) > 0);
    const suggestions = places.length === 0 ? suggestionsFor(database, question, near) : [];
    return { items: pageOf(rest.slice(0, query.limit), question), next: nextOf(rest, query.limit), total, suggestions };
  };
}

function nextOf(places: readonly Place[], limit: number): string | null {
  const last = places[limit - 1];
  return places.length > limit && last !== undefined ? encodePlace(last) : null;
}

/** Without words: read from one index in its order, however many there are. */
function listed(
  database: DatabaseSync,
  query: SearchQuery,
  after: Place | null,
): { places: Place[]; total: Found["total"] } {
  const { sql, values } = conditionsOf(query);
  const from = after === null ? "" : "AND (last_seen, number) < (?, ?)";
  const rows = database
    .prepare(
      `SELECT last_seen, number FROM facts INDEXED BY recent WHERE ${sql} ${from}
       ORDER BY last_seen DESC, number DESC LIMIT ?`,
    )
    .all(...values, ...(after === null ? [] : [after.lastSeen, after.number]), query.limit + 1);
  const places = rows.map((row) => ({ rank: 0, lastSeen: Number(row["last_seen"]), number: Number(row["number"]) }));
  if (values.length === 0) {
    const all = database.prepare("SELECT profiles FROM progress").get();
    return { places, total: { value: Number(all?.["profiles"] ?? 0), exact: true } };
  }
  const counted = database
    .prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM facts INDEXED BY recent WHERE ${sql} LIMIT ?)`)
    .get(...values, maxCountedProfiles + 1);
  const value = Number(counted?.["n"] ?? 0);
  return { places, total: { value: Math.min(value, maxCountedProfiles), exact: value <= maxCountedProfiles } };
}

/** With words: class after class, up to the bound; a profile stands where it is found first. */
function ranked(
  database: DatabaseSync,
  question: Question,
  filters: SearchFilters,
  near: (word: string) => Spelling[],
): { places: Place[]; total: Found["total"] } {
  const { sql, values } = conditionsOf(filters);
  const inClass = database.prepare(
    `SELECT number, last_seen FROM (SELECT rowid AS hit FROM found WHERE found MATCH ? ORDER BY rowid DESC LIMIT ?)
     CROSS JOIN facts ON number = hit WHERE ${sql} LIMIT ?`,
  );
  const scanned = database.prepare("SELECT count(*) AS n FROM (SELECT 1 FROM found WHERE found MATCH ? LIMIT ?)");
  const most = values.length === 0 ? maxRankedProfiles + 1 : maxFilteredProfiles + 1;
  const places = new Map<number, Place>();
  let exact = true;
  for (const [rank, name] of classes.entries()) {
    const expression = expressionOf(question, name, (word) => near(word).map((spelling) => spelling.word));
    if (expression === null) continue;
    const rows = inClass.all(expression, most, ...values, maxRankedProfiles + 1);
    for (const row of rows) {
      const number = Number(row["number"]);
      if (!places.has(number)) places.set(number, { rank, lastSeen: Number(row["last_seen"]), number });
    }
    const isCut =
      rows.length > maxRankedProfiles || (values.length > 0 && Number(scanned.get(expression, most)?.["n"]) >= most);
    // Nothing answers an address or a number better than the one whose it is.
    if (name === "identifier" && rows.length > 0 && !question.isPlainWords) break;
    if (!isCut) continue;
    exact = false;
    if (places.size >= maxRankedProfiles) break;
  }
  const sorted = [...places.values()].sort(byPlace).slice(0, maxRankedProfiles);
  return { places: sorted, total: { value: sorted.length, exact } };
}

function conditionsOf({ sources, minRevenue, consent, seenSince }: SearchFilters): {
  sql: string;
  values: SQLInputValue[];
} {
  const conditions = ["1"];
  const values: SQLInputValue[] = [];
  const holds = (line: string): string => {
    values.push(`\n${line}\n`);
    return "instr(facets, ?) > 0";
  };
  if (seenSince !== undefined) {
    conditions.push("last_seen >= ?");
    values.push(seenSince);
  }
  if (minRevenue !== undefined) {
    conditions.push("revenue >= ?");
    values.push(minRevenue);
  }
  if (consent !== undefined) conditions.push(holds(consentLine(consent.name, consent.status)));
  if (sources !== undefined) {
    // No source of that kind: nobody.
    values.push(0);
    conditions.push(`(? OR ${sources.map((source) => holds(sourceLine(source))).join(" OR ") || "0"})`);
  }
  return { sql: conditions.join(" AND "), values };
}

/** The best known spelling of each word that there is, together where somebody has them together, else singly. */
function suggestionsFor(database: DatabaseSync, question: Question, near: (word: string) => Spelling[]): string[] {
  const finds = database.prepare("SELECT 1 FROM found WHERE found MATCH ? LIMIT 1");
  const isKnown = (words: readonly string[]): boolean =>
    words.length > 0 && finds.get(words.map((word) => `"${word}"`).join(" AND ")) !== undefined;
  const words = question.parts.flatMap(({ readings }) => readings[0] ?? []);
  const best = words.map((word) => (isKnown([word]) ? word : (near(word)[0]?.word ?? null)));
  const known = best.filter((word) => word !== null);
  const offers = [
    known,
    ...words.map((_, at) => known.filter((_word, other) => other !== at)),
    ...known.map((word) => [word]),
  ];
  const suggestions = new Set<string>();
  for (const offer of offers) {
    const text = offer.join(" ");
    if (suggestions.size < maxSuggestions && text !== words.join(" ") && isKnown(offer)) suggestions.add(text);
  }
  return [...suggestions];
}

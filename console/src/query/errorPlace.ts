import type { Place } from "../parts/jsonPlaces.ts";

/**
 * Where an error of the query lies, as far as its message tells: the word that it quotes, if the SQL has it exactly
 * once outside of comments and text, else null, since a wrong place misleads.
 */
export function errorPlace(sql: string, message: string): Place | null {
  const quoted =
    /(?:at or near|column|table|view|function|named?|type|relation) (?:with name )?["`']?([^"`'\s!,()]+)["`']?/i.exec(
      message,
    )?.[1];
  if (quoted === undefined) return null;
  const bare = blanked(sql).toLowerCase();
  const word = quoted.toLowerCase();
  const places: Place[] = [];
  for (let at = bare.indexOf(word); at !== -1; at = bare.indexOf(word, at + 1)) {
    const isWhole = !isWordChar(bare[at - 1]) && !isWordChar(bare[at + word.length]);
    if (isWhole || !/^\w+$/.test(word)) places.push({ from: at, to: at + word.length });
  }
  return places.length === 1 ? (places[0] ?? null) : null;
}

function isWordChar(char: string | undefined): boolean {
  return char !== undefined && /\w/.test(char);
}

/** The same length, with comments and quoted text as spaces. */
function blanked(sql: string): string {
  return sql.replaceAll(/--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'/g, (part) => " ".repeat(part.length));
}

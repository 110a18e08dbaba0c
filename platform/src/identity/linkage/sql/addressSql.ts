import type { Comparison, Level } from "../comparison.ts";

/** What of an address the tables have, by field name. */
export interface AddressFields {
  street: string | null;
  postcode: string | null;
  city: string | null;
}

interface PartLevel {
  label: string;
  /** Among pairs who live at one address, and among pairs who do not. */
  home: number;
  away: number;
}

const street: readonly PartLevel[] = [
  { label: "street missing", home: 1, away: 1 },
  { label: "same street", home: 0.8, away: 0.0002 },
  { label: "street alike", home: 0.17, away: 0.002 },
  { label: "other street", home: 0.03, away: 0.9978 },
];
const postcode: readonly PartLevel[] = [
  { label: "postcode missing", home: 1, away: 1 },
  { label: "same postcode", home: 0.93, away: 0.001 },
  { label: "one character of the postcode differs", home: 0.05, away: 0.003 },
  { label: "same postal area", home: 0.01, away: 0.016 },
  { label: "other postcode", home: 0.01, away: 0.98 },
];
const city: readonly PartLevel[] = [
  { label: "city missing", home: 1, away: 1 },
  { label: "same city", home: 0.92, away: 0.01 },
  { label: "city alike", home: 0.07, away: 0.01 },
  { label: "other city", home: 0.01, away: 0.98 },
];
/** Share of the pairs of one person, and of one household, who are known at one address. */
const samePersonAtHome = 0.8;
const sameHouseholdAtHome = 0.95;
const postalAreaCharacters = 3;

/**
 * One comparison for the whole address: street, postcode and city say the same thing three times, so their levels are
 * taken together, each combination a level of its own. Null where there is no part of an address.
 */
export function addressComparison(fields: AddressFields): Comparison | null {
  const parts = [
    { field: fields.street, levels: street, ...streetSql(fields.street) },
    { field: fields.postcode, levels: postcode, ...postcodeSql(fields.postcode) },
    { field: fields.city, levels: city, ...citySql(fields.city) },
  ].filter(({ field }) => field !== null);
  if (parts.length === 0) return null;
  let factor = 1;
  const terms: string[] = [];
  for (const { levels, levelSql } of parts) {
    terms.push(factor === 1 ? `(${levelSql})` : `${factor} * (${levelSql})`);
    factor *= levels.length;
  }
  return {
    name: "address",
    levels: Array.from({ length: factor }, (_, at) => combination(parts, at)),
    similarities: parts.flatMap(({ similarities }) => similarities),
    levelSql: terms.join(" + "),
    isSharedAtHome: true,
  };
}

function combination(parts: readonly { field: string | null; levels: readonly PartLevel[] }[], number: number): Level {
  let rest = number;
  const chosen = parts.map(({ field, levels }) => {
    const at = rest % levels.length;
    rest = Math.floor(rest / levels.length);
    return { field, at, level: levels[at] ?? { label: "", home: 0, away: 0 } };
  });
  const home = chosen.reduce((product, { level }) => product * level.home, 1);
  const away = chosen.reduce((product, { level }) => product * level.away, 1);
  const there = chosen.filter(({ at }) => at > 0);
  return {
    label: there.length === 0 ? "missing" : there.map(({ level }) => level.label).join(", "),
    match: samePersonAtHome * home + (1 - samePersonAtHome) * away,
    household: sameHouseholdAtHome * home + (1 - sameHouseholdAtHome) * away,
    stranger: away,
    termField: chosen.find(({ at }) => at === 1)?.field ?? null,
    group: chosen.map(({ at }) => (at === 0 ? "-" : "+")).join(""),
  };
}

interface PartSql {
  similarities: { name: string; sql: string }[];
  levelSql: string;
}

/** The same number, and nearly the same name; or one is the beginning of the other (a flat's number left out). */
function streetSql(field: string | null): PartSql {
  const name = field ?? "";
  const [a, b] = [`a_${name}`, `b_${name}`];
  const number = (side: string): string => `regexp_extract(${side}, '\\d+')`;
  const near = `${name}_alike >= 0.9 AND ${number(a)} = ${number(b)} OR starts_with(${a}, ${b} || ' ') OR starts_with(${b}, ${a} || ' ')`;
  return {
    similarities: [
      { name: `${name}_alike`, sql: `CASE WHEN ${a} = ${b} THEN 1 ELSE jaro_winkler_similarity(${a}, ${b}) END` },
    ],
    levelSql: `CASE WHEN ${a} IS NULL OR ${b} IS NULL THEN 0 WHEN ${a} = ${b} THEN 1 WHEN ${near} THEN 2 ELSE 3 END`,
  };
}

function postcodeSql(field: string | null): PartSql {
  const name = field ?? "";
  const [a, b] = [`a_${name}`, `b_${name}`];
  const area = (side: string): string => `left(${side}, ${postalAreaCharacters})`;
  return {
    similarities: [
      {
        name: `${name}_edits`,
        sql: `CASE WHEN ${a} = ${b} THEN 0 WHEN jaro_winkler_similarity(${a}, ${b}) < 0.8 THEN 99 ELSE damerau_levenshtein(${a}, ${b}) END`,
      },
    ],
    levelSql: `CASE WHEN ${a} IS NULL OR ${b} IS NULL THEN 0 WHEN ${a} = ${b} THEN 1 WHEN ${name}_edits = 1 THEN 2 WHEN ${area(a)} = ${area(b)} THEN 3 ELSE 4 END`,
  };
}

function citySql(field: string | null): PartSql {
  const name = field ?? "";
  const [a, b] = [`a_${name}`, `b_${name}`];
  return {
    similarities: [
      { name: `${name}_alike`, sql: `CASE WHEN ${a} = ${b} THEN 1 ELSE jaro_winkler_similarity(${a}, ${b}) END` },
    ],
    levelSql: `CASE WHEN ${a} IS NULL OR ${b} IS NULL THEN 0 WHEN ${a} = ${b} THEN 1 WHEN ${name}_alike >= 0.9 THEN 2 ELSE 3 END`,
  };
}

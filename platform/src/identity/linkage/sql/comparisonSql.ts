import type { Comparison, Level } from "../comparison.ts";
import type { Field } from "../fields.ts";
import { addressComparison } from "./addressSql.ts";

/** `[label, match, stranger, household]`, in the order of the levels; `household` left out: as among strangers. */
type LevelRow = readonly [label: string, match: number, stranger: number, household?: number];

const missing: Level = { label: "missing", match: 1, household: null, stranger: 1, termField: null, group: "-" };

function levelsOf(rows: readonly LevelRow[], terms: Readonly<Record<number, string>>): Level[] {
  return [
    missing,
    ...rows.map(([label, match, stranger, household], at) => ({
      label,
      match,
      household: household ?? null,
      stranger,
      termField: terms[at + 1] ?? null,
      group: "+",
    })),
  ];
}

function similarity(name: string, a = name, b = name): { name: string; sql: string } {
  return {
    name: `${name}_alike`,
    sql: `CASE WHEN a_${a} = b_${b} THEN 1 ELSE jaro_winkler_similarity(a_${a}, b_${b}) END`,
  };
}

function cases(field: string, ...conditions: string[]): string {
  const whens = conditions.map((condition, at) => `WHEN ${condition} THEN ${at + 1}`);
  return `CASE WHEN a_${field} IS NULL OR b_${field} IS NULL THEN 0 ${whens.join(" ")} ELSE ${conditions.length + 1} END`;
}

function hasWord(whole: string, word: string): string {
  return `contains(' ' || ${whole} || ' ', ' ' || ${word} || ' ')`;
}

/** One of the two texts is the beginning or a word of the other: Rob and Robert, Mary and Mary Ann. */
function contained(field: string): string {
  const [a, b] = [`a_${field}`, `b_${field}`];
  return `starts_with(${a}, ${b}) OR starts_with(${b}, ${a}) OR ${hasWord(a, b)} OR ${hasWord(b, a)}`;
}

function givenName({ name }: Field, surname: string | null): Comparison {
  const rows: LevelRow[] = [
    ["same", 0.72, 0.006],
    ["one or two letters differ", 0.09, 0.002],
    ["initial", 0.03, 0.002],
    ["part of the other", 0.04, 0.001],
    ["alike", 0.03, 0.007],
    ...(surname === null ? [] : [["given name and surname swapped", 0.01, 0.0003] as const]),
    ["different", 0.08, 0.982],
  ];
  const isInitial = `least(length(a_${name}), length(b_${name})) = 1 AND left(a_${name}, 1) = left(b_${name}, 1)`;
  const swapped = surname === null ? [] : [`a_${name} = b_${surname} OR b_${name} = a_${surname}`];
  return {
    name,
    levels: levelsOf(rows, { 1: name }),
    similarities: [similarity(name)],
    levelSql: cases(
      name,
      `a_${name} = b_${name}`,
      `${name}_alike >= 0.92`,
      isInitial,
      contained(name),
      `${name}_alike >= 0.82`,
      ...swapped,
    ),
    isSharedAtHome: false,
  };
}

function surname({ name }: Field, given: string | null): Comparison {
  const rows: LevelRow[] = [
    ["same", 0.8, 0.001, 0.8],
    ["one or two letters differ", 0.08, 0.0005, 0.05],
    ["part of the other", 0.01, 0.0005, 0.01],
    ["alike", 0.02, 0.005, 0.02],
    ...(given === null ? [] : [["surname and given name swapped", 0.01, 0.0003, 0.001] as const]),
    ["different", 0.08, 0.993, 0.12],
  ];
  const swapped = given === null ? [] : [`a_${name} = b_${given} OR b_${name} = a_${given}`];
  return {
    name,
    levels: levelsOf(rows, { 1: name }),
    similarities: [similarity(name)],
    levelSql: cases(
      name,
      `a_${name} = b_${name}`,
      `${name}_alike >= 0.92`,
      contained(name),
      `${name}_alike >= 0.82`,
      ...swapped,
    ),
    isSharedAtHome: true,
  };
}

function birthDate({ name }: Field): Comparison {
  const rows: LevelRow[] = [
    ["same", 0.84, 0.00005],
    ["day and month swapped", 0.01, 0.00002],
    ["one digit differs", 0.05, 0.001],
    ["same year, one of them 1 January", 0.03, 0.0002],
    ["two of year, month and day agree", 0.03, 0.003],
    ["same year", 0.01, 0.013],
    ["a year apart", 0.01, 0.03],
    ["different", 0.02, 0.952],
  ];
  const [a, b] = [`a_${name}`, `b_${name}`];
  const same = (from: number, count: number): string =>
    `substr(${a}, ${from}, ${count}) = substr(${b}, ${from}, ${count})`;
  const [year, month, day] = [same(1, 4), same(5, 2), same(7, 2)];
  return {
    name,
    levels: levelsOf(rows, { 1: name }),
    similarities: [
      {
        name: `${name}_edits`,
        sql: `CASE WHEN ${a} = ${b} THEN 0 WHEN length(${a}) = length(${b}) THEN hamming(${a}, ${b}) ELSE 8 END`,
      },
    ],
    levelSql: cases(
      name,
      `${a} = ${b}`,
      `${year} AND substr(${a}, 5, 2) = substr(${b}, 7, 2) AND substr(${a}, 7, 2) = substr(${b}, 5, 2)`,
      `${name}_edits = 1`,
      `${year} AND (substr(${a}, 5, 4) = '0101' OR substr(${b}, 5, 4) = '0101')`,
      `${year} AND ${month} OR ${year} AND ${day} OR ${month} AND ${day}`,
      year,
      `abs(coalesce(try_cast(left(${a}, 4) AS INTEGER), 0) - coalesce(try_cast(left(${b}, 4) AS INTEGER), 9999)) <= 1`,
    ),
    isSharedAtHome: false,
  };
}

/** Jaro–Winkler costs a tenth of the edit distance, and strangers do not reach this. */
const edits = (a: string, b: string): string =>
  `CASE WHEN ${a} = ${b} THEN 0 WHEN jaro_winkler_similarity(${a}, ${b}) < 0.75 THEN 99 ELSE levenshtein(${a}, ${b}) END`;

/** Two neighbouring characters changed places: two edits, but one slip. */
function swapped(name: string): string {
  return `CASE WHEN ${name}_edits = 2 THEN damerau_levenshtein(a_${name}, b_${name}) = 1 ELSE false END`;
}

/** Bits: two of one name at two providers are namesakes about as often as one person. */
const namesakeWeight = 2;

/**
 * Only slips of the finger count as alike: addresses are made of names, so that those of namesakes resemble each other,
 * and what the names say is counted already.
 */
function email({ name }: Field): Comparison {
  const [a, b] = [`a_${name}`, `b_${name}`];
  const local = (side: string): string => `split_part(${side}, '@', 1)`;
  return {
    name,
    levels: levelsOf(
      [
        ["same", 0.6, 0.000001, 0.1],
        ["one character differs", 0.05, 0.000002, 0.01],
        ["two characters differ", 0.02, 0.00001, 0.01],
        ["same before the @, with digits", 0.03, 0.000005, 0.01],
        ["same name before the @", 0.03, 0.0001, 0.02],
        ["different", 0.27, 0.999, 0.85],
      ],
      { 1: name },
    ).map((level) => (level.label === "same name before the @" ? { ...level, maxWeight: namesakeWeight } : level)),
    similarities: [{ name: `${name}_edits`, sql: edits(a, b) }],
    levelSql: cases(
      name,
      `${a} = ${b}`,
      `${name}_edits = 1 OR ${swapped(name)}`,
      `${name}_edits = 2`,
      `${local(a)} = ${local(b)} AND regexp_matches(${local(a)}, '\\d\\d')`,
      `${local(a)} = ${local(b)}`,
    ),
    isSharedAtHome: true,
  };
}

/** Digits, or digits and letters, that stand for somebody. */
function code({ name }: Field, rows: readonly LevelRow[]): Comparison {
  const [a, b] = [`a_${name}`, `b_${name}`];
  return {
    name,
    levels: levelsOf(rows, { 1: name }),
    similarities: [{ name: `${name}_edits`, sql: edits(a, b) }],
    levelSql: cases(name, `${a} = ${b}`, `${name}_edits = 1 OR ${swapped(name)}`, `${name}_edits = 2`),
    isSharedAtHome: true,
  };
}

function category({ name }: Field): Comparison {
  return {
    name,
    levels: levelsOf(
      [
        ["same", 0.85, 0.2],
        ["alike", 0.05, 0.02],
        ["different", 0.1, 0.78],
      ],
      { 1: name },
    ),
    similarities: [similarity(name)],
    levelSql: cases(name, `a_${name} = b_${name}`, `${name}_alike >= 0.9 OR ${contained(name)}`),
    isSharedAtHome: false,
  };
}

function textComparison({ name }: Field): Comparison {
  return {
    name,
    levels: levelsOf(
      [
        ["same", 0.6, 0.001],
        ["a few letters differ", 0.1, 0.0005],
        ["part of the other", 0.05, 0.001],
        ["alike", 0.05, 0.002],
        ["different", 0.2, 0.9955],
      ],
      { 1: name },
    ),
    similarities: [similarity(name)],
    levelSql: cases(name, `a_${name} = b_${name}`, `${name}_alike >= 0.93`, contained(name), `${name}_alike >= 0.85`),
    isSharedAtHome: false,
  };
}

/** The comparisons of these fields: one for each, but a single one for all that makes an address. */
export function comparisonsOf(fields: readonly Field[]): Comparison[] {
  const nameOf = (type: Field["type"]): string | null => fields.find((each) => each.type === type)?.name ?? null;
  const apart = fields.flatMap((field) => comparisonOf(field, nameOf("given_name"), nameOf("surname")) ?? []);
  const address = addressComparison({ street: nameOf("street"), postcode: nameOf("postcode"), city: nameOf("city") });
  return address === null ? apart : [...apart, address];
}

function comparisonOf(field: Field, given: string | null, family: string | null): Comparison | null {
  switch (field.type) {
    case "given_name":
      return givenName(field, family);
    case "surname":
      return surname(field, given);
    case "birth_date":
      return birthDate(field);
    case "email":
      return email(field);
    case "phone":
      return code(field, [
        ["same", 0.6, 0.000001, 0.25],
        ["one digit differs", 0.03, 0.000002, 0.01],
        ["two digits differ", 0.01, 0.000005, 0.005],
        ["different", 0.36, 0.999, 0.735],
      ]);
    case "code":
      return code(field, [
        ["same", 0.8, 0.00001, 0.01],
        ["one character differs", 0.08, 0.00005, 0.005],
        ["two characters differ", 0.02, 0.001, 0.01],
        ["different", 0.1, 0.999, 0.975],
      ]);
    case "category":
      return category(field);
    case "text":
    case "full_name":
      return textComparison(field);
    default:
      return null;
  }
}

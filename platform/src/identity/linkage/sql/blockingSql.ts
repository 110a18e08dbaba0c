import type { Field } from "../fields.ts";

/** Records that agree in all parts of a rule are compared. */
export interface BlockingRule {
  name: string;
  /** SQL over `records`; a record with a null part has no key. */
  parts: readonly string[];
  /** How many strangers agree in it too. What is not tight is for tables with few columns, or few records. */
  grip: "tight" | "medium" | "loose";
}

interface KeyPart {
  label: string;
  sql: string;
}

/** The consonants after the first letter: what is left of a name when one hears rather than reads it. */
function skeleton(field: string): string {
  return `left(${field}, 1) || translate(substr(${field}, 2), 'aeiouyhw ', '')`;
}

/**
 * The rules that the fields allow. Each true pair should agree in at least one of them, so they are many and overlap;
 * what is too frequent in one is bounded by the size of blocks.
 */
export function blockingRulesOf(fields: readonly Field[]): BlockingRule[] {
  const of = (type: Field["type"]): string | null => fields.find((each) => each.type === type)?.name ?? null;
  const part = (label: string, field: string | null, sql: (name: string) => string = (name) => name): KeyPart | null =>
    field === null ? null : { label, sql: sql(field) };
  const given = part("given name", of("given_name"));
  const initial = part("initial", of("given_name"), (name) => `left(${name}, 1)`);
  const givenStart = part("start of given name", of("given_name"), (name) => `left(${name}, 3)`);
  const surname = part("surname", of("surname"));
  const surnameSound = part("sound of surname", of("surname"), skeleton);
  const surnameStart = part("start of surname", of("surname"), (name) => `left(${name}, 4)`);
  const birth = part("date of birth", of("birth_date"));
  const year = part("year of birth", of("birth_date"), (name) => `left(${name}, 4)`);
  const monthDay = part("month and day of birth", of("birth_date"), (name) => `substr(${name}, 5)`);
  const street = part("street", of("street"));
  const city = part("city", of("city"));
  const postcode = part("postcode", of("postcode"));
  const bothNames =
    given === null || surname === null
      ? null
      : {
          label: "both names, in any order",
          sql: `least(${given.sql}, ${surname.sql}) || ' ' || greatest(${given.sql}, ${surname.sql})`,
        };
  const tight: RuleParts[] = [
    ...fields.flatMap(({ name, type }) => aloneParts(name, type)).map((each) => [each]),
    [bothNames],
    [surname, birth],
    [given, birth],
    [birth, postcode],
    [birth, city],
    [given, postcode],
    [given, street],
    [initial, surname, city],
    [givenStart, surnameStart, year],
  ];
  const medium: RuleParts[] = [
    ...fields.flatMap(({ name, type }) => startParts(name, type)).map((each) => [each]),
    [surname, monthDay],
    [given, monthDay],
    [birth],
    [surname, postcode],
    [given, surnameSound, year],
    [givenStart, surnameSound],
    [monthDay, city],
    [monthDay, postcode],
    [year, postcode],
    [surname, street],
    [given, surnameStart, city],
    [surname, year],
    [given, year, city],
    [postcode],
    [street],
  ];
  const loose: RuleParts[] = [
    [surname],
    [surnameSound],
    [given],
    [city],
    [givenStart, year],
    [year, city],
    [initial, surnameStart],
  ];
  return [...rulesOf(tight, "tight"), ...rulesOf(medium, "medium"), ...rulesOf(loose, "loose")];
}

type RuleParts = readonly (KeyPart | null)[];

/** Those of which the tables have all parts. */
function rulesOf(wanted: readonly RuleParts[], grip: BlockingRule["grip"]): BlockingRule[] {
  return wanted.flatMap((parts) => {
    const there = parts.filter((each) => each !== null);
    if (there.length < parts.length) return [];
    return [{ name: there.map(({ label }) => label).join(" + "), parts: there.map(({ sql }) => sql), grip }];
  });
}

/** Values that few people share. */
function aloneParts(name: string, type: Field["type"]): KeyPart[] {
  return ["email", "phone", "code", "text"].includes(type) ? [{ label: name, sql: name }] : [];
}

/** What a slip of the finger, or another provider, leaves of them. */
function startParts(name: string, type: Field["type"]): KeyPart[] {
  if (type === "email") return [{ label: `${name} before the @`, sql: `split_part(${name}, '@', 1)` }];
  return type === "text" ? [{ label: `start of ${name}`, sql: `left(${name}, 10)` }] : [];
}

export function keysSql(rule: BlockingRule): string {
  const there = rule.parts.map((part) => `${part} IS NOT NULL`).join(" AND ");
  return `CREATE OR REPLACE TEMP TABLE block_keys AS SELECT rid, hash(${rule.parts.join(", ")}) AS key FROM records WHERE ${there}`;
}

export const blocksSql = `CREATE OR REPLACE TEMP TABLE blocks AS
  SELECT key, count(*)::INTEGER AS size FROM block_keys GROUP BY key HAVING count(*) > 1`;

/** How many blocks there are of each size. */
export const blockSizesSql = "SELECT size, count(*) FROM blocks GROUP BY size ORDER BY size";

/** A pair is one number, the smaller record first: both halves of a BIGINT. */
export function blockPairsSql(maxSize: number): string {
  return `INSERT INTO candidates
    WITH kept AS MATERIALIZED (SELECT key, rid FROM block_keys SEMI JOIN (SELECT key FROM blocks WHERE size <= ${maxSize}) USING (key))
    SELECT (a.rid::BIGINT << 32) | b.rid FROM kept a JOIN kept b ON a.key = b.key AND a.rid < b.rid`;
}

export const candidatesSql = "CREATE OR REPLACE TABLE candidates (pair BIGINT)";

export const pairsSql = `CREATE OR REPLACE TABLE pairs AS
  SELECT (pair >> 32)::INTEGER AS l, (pair & 4294967295)::INTEGER AS r FROM (SELECT DISTINCT pair FROM candidates)`;

/** Pairs of different records drawn evenly, the same ones each time; all pairs when there are no more than `count`. */
export function randomPairsSql(records: number, count: number): string {
  if ((records * (records - 1)) / 2 <= count) {
    return "CREATE OR REPLACE TABLE random_pairs AS SELECT a.rid AS l, b.rid AS r FROM records a JOIN records b ON a.rid < b.rid";
  }
  return `CREATE OR REPLACE TABLE random_pairs AS SELECT l, r FROM (
    SELECT (hash(i * 2) % ${records})::INTEGER AS l, (hash(i * 2 + 1) % ${records})::INTEGER AS r FROM range(${count}) t(i)
  ) WHERE l <> r`;
}

import type { Field } from "../fields.ts";

/** Records that agree in all parts of a rule are compared. */
export interface BlockingRule {
  name: string;
  /** SQL over `records`; a record with a null part has no key. */
  parts: readonly string[];
  /** Agrees for many strangers too: worth its pairs in small tables only. */
  isLoose: boolean;
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
      : { label: "both names, in any order", sql: `least(${given.sql}, ${surname.sql}) || ' ' || greatest(${given.sql}, ${surname.sql})` };
  const alone = fields.flatMap(({ name, type }) => aloneParts(name, type));
  const wanted: (readonly (KeyPart | null)[])[] = [
    ...alone.map((each) => [each]),
    [bothNames],
    [surname, birth],
    [given, birth],
    [birth, postcode],
    [birth, city],
    [birth],
    [given, postcode],
    [surname, postcode],
    [given, street],
    [surname, street],
    [initial, surname, city],
    [given, surnameSound, year],
    [givenStart, surnameStart, year],
    [surname, monthDay],
    [given, monthDay],
    [given, surnameStart, city],
    [givenStart, surnameSound],
    [surname, year],
    [given, year, city],
    [postcode],
    [street],
    [monthDay, city],
    [monthDay, postcode],
    [year, postcode],
  ];
  const loose: (readonly (KeyPart | null)[])[] = [[surname], [surnameSound], [given], [city], [givenStart, year], [year, city], [initial, surnameStart]];
  return [...wanted, ...loose].flatMap((parts, at) => {
    const there = parts.filter((each) => each !== null);
    if (there.length < parts.length) return [];
    return [{ name: there.map(({ label }) => label).join(" + "), parts: there.map(({ sql }) => sql), isLoose: at >= wanted.length }];
  });
}

/** Values that few people share. */
function aloneParts(name: string, type: Field["type"]): KeyPart[] {
  switch (type) {
    case "email":
      return [
        { label: name, sql: name },
        { label: `${name} before the @`, sql: `split_part(${name}, '@', 1)` },
      ];
    case "phone":
    case "code":
      return [{ label: name, sql: name }];
    case "text":
      return [
        { label: name, sql: name },
        { label: `start of ${name}`, sql: `left(${name}, 10)` },
      ];
    default:
      return [];
  }
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

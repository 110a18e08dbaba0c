import type { Field } from "../fields.ts";
import { normalisationOf } from "./normaliseSql.ts";
import { named, quoted } from "./sqlText.ts";

/** A table as it was read: `input_0`, `input_1`, all columns text. */
export interface InputTable {
  sqlName: string;
  idColumn: string;
  truthColumn: string | null;
}

/** Reads a CSV, Parquet or NDJSON file as it is, in its order. `lenient`: a CSV that breaks the rules of CSV. */
export function readFileSql(table: string, file: string, lenient: boolean): string {
  return `CREATE OR REPLACE TABLE ${table} AS SELECT * FROM ${fileSql(file, lenient)}`;
}

function fileSql(file: string, lenient: boolean): string {
  if (/\.parquet$/i.test(file)) return `read_parquet(${quoted(file)})`;
  if (/\.(ndjson|jsonl|json)(\.gz)?$/i.test(file)) return `read_json_auto(${quoted(file)})`;
  const more = lenient ? ", strict_mode = false, null_padding = true" : "";
  return `read_csv(${quoted(file)}, all_varchar = true, header = true${more})`;
}

export interface RecordsOptions {
  /** By field name, for dates. */
  dayFirst: ReadonlySet<string>;
}

/**
 * `records`: one row for each input row, `rid` 0…n−1 in the tables' order, its table, its id and truth as they were,
 * and each field normalised.
 */
export function recordsSql(tables: readonly InputTable[], fields: readonly Field[], options: RecordsOptions): string {
  const raws = tables.map((table, at) => {
    const values = fields.map((field) => `${rawSql(field, field.columns[at] ?? [])} AS ${field.name}`);
    const truth = table.truthColumn === null ? "NULL" : named(table.truthColumn);
    return `SELECT ${at}::TINYINT AS tbl, ${named(table.idColumn)}::VARCHAR AS id, ${truth}::VARCHAR AS truth, ${values.join(", ")} FROM ${table.sqlName}`;
  });
  const steps = fields.map((field) => {
    const { rough, fine } = normalisationOf(field.type, { dayFirst: options.dayFirst.has(field.name) });
    return { name: field.name, rough: (raw: string) => partOf(field, rough(raw)), fine };
  });
  const rough = steps.map(({ name, rough: step }) => `${step(name)} AS ${name}`);
  const fine = steps.map(({ name, fine: step }) => `${step(name)} AS ${name}`);
  return `CREATE TABLE records_text AS
    SELECT (row_number() OVER ())::INTEGER - 1 AS rid, tbl, id, truth, ${fine.join(", ")}
    FROM (SELECT tbl, id, truth, ${rough.join(", ")} FROM (${raws.join(" UNION ALL ")}))`;
}

/** Of a whole name its first or last word. */
function partOf({ part }: Field, text: string): string {
  if (part === "first") return `split_part(${text}, ' ', 1)`;
  return part === "last" ? `regexp_extract(${text}, ' ([^ ]+)$', 1)` : text;
}

function rawSql({ part }: Field, columns: readonly string[]): string {
  const texts = columns.map((column) => `nullif(trim(${named(column)}::VARCHAR), '')`);
  const [only = "NULL"] = texts;
  if (texts.length > 1) return `nullif(concat_ws(' ', ${texts.join(", ")}), '')`;
  // "Lovelace, Ada" is Ada Lovelace.
  return part === undefined ? only : `regexp_replace(${only}, '^([^,]+), *(.+)$', '\\2 \\1')`;
}

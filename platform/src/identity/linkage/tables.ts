import type { LinkageDatabase } from "../../storage/linkageDatabase.ts";
import { Problem } from "../../model/problem.ts";
import { type ColumnType } from "./columnType.ts";
import { detectColumnType } from "./detect.ts";
import { type Field, fieldsOf, type TypedColumn } from "./fields.ts";
import { type InputTable, readFileSql } from "./sql/recordsSql.ts";
import { named } from "./sql/sqlText.ts";

export interface TableSource {
  /** CSV or Parquet. */
  file: string;
  /** What results call it. */
  label: string;
  /** The column that names each record. */
  idColumn: string;
}

export interface ReadOptions {
  tables: readonly TableSource[];
  truthColumn: string | null;
  /** By column name: what the caller knows better. */
  types: ReadonlyMap<string, ColumnType>;
  /** Whether columns beside those are left out, in a table that has any of them: a model knows no others. */
  isComplete?: boolean;
}

export interface ReadTables {
  inputs: InputTable[];
  columns: TypedColumn[][];
  fields: Field[];
  /** Names of date fields that write the day before the month. */
  dayFirst: Set<string>;
}

const sampledValues = 2_000;
const maxListedColumns = 30;

/** Reads the tables and finds out what their columns are. Problem 422 `column_missing`, `nothing_to_compare`. */
export async function readTables(database: LinkageDatabase, options: ReadOptions): Promise<ReadTables> {
  const inputs: InputTable[] = [];
  const columns: TypedColumn[][] = [];
  const samples: Map<string, string[]>[] = [];
  for (const [at, table] of options.tables.entries()) {
    const sqlName = `input_${at}`;
    await readFile(database, sqlName, table.file);
    const names = await columnNames(database, sqlName);
    const idColumn = columnOf(names, table.idColumn, table);
    const truthColumn = options.truthColumn === null ? null : columnOf(names, options.truthColumn, table);
    inputs.push({ sqlName, idColumn, truthColumn });
    const compared = names.filter((name) => name !== idColumn && name !== truthColumn);
    const sampled = await sampleColumns(database, sqlName, compared);
    const isKnown =
      options.isComplete === true && sampled.some(({ name }) => givenType(options.types, name) !== undefined);
    columns.push(
      sampled.map((sample) => ({
        name: sample.name,
        type:
          givenType(options.types, sample.name) ??
          (isKnown ? "ignore" : detectColumnType({ ...sample, isOnlyTable: options.tables.length === 1 })),
      })),
    );
    samples.push(new Map(sampled.map(({ name, values }) => [name, values])));
  }
  const fields = fieldsOf(columns);
  if (fields.length === 0) throw nothingToCompare(columns);
  const dayFirst = fields
    .filter(({ type }) => type === "birth_date")
    .filter((field) =>
      isDayFirst(field.columns.flatMap((names, at) => names.flatMap((name) => samples[at]?.get(name) ?? []))),
    )
    .map(({ name }) => name);
  return { inputs, columns, fields, dayFirst: new Set(dayFirst) };
}

/** Most CSV files keep its rules; one that does not is read as well as can be. */
async function readFile(database: LinkageDatabase, sqlName: string, file: string): Promise<void> {
  try {
    await database.run(readFileSql(sqlName, file, false));
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "file_unreadable") throw error;
    await database.run(readFileSql(sqlName, file, true));
  }
}

function givenType(types: ReadonlyMap<string, ColumnType>, name: string): ColumnType | undefined {
  return types.get(name) ?? types.get(name.trim());
}

/** Headers are trimmed: some exports write a space after each comma. */
async function columnNames(database: LinkageDatabase, table: string): Promise<string[]> {
  const described = await database.rows(`SELECT column_name FROM (DESCRIBE ${table})`);
  const names = described.map(([name]) => String(name));
  const trimmed = names.map((name) => name.trim());
  if (new Set(trimmed).size < trimmed.length) return names;
  for (const [at, name] of names.entries()) {
    if (trimmed[at] !== name)
      await database.run(`ALTER TABLE ${table} RENAME COLUMN ${named(name)} TO ${named(trimmed[at] ?? name)}`);
  }
  return trimmed;
}

function columnOf(names: readonly string[], wanted: string, { file }: TableSource): string {
  const found =
    names.find((name) => name === wanted) ?? names.find((name) => name.toLowerCase() === wanted.trim().toLowerCase());
  if (found !== undefined) return found;
  const listed = names.slice(0, maxListedColumns).join(", ");
  throw new Problem(422, "column_missing", `${file} has no column ${wanted}; it has ${listed}`, {
    hint: "Use the file's own spelling.",
    field: wanted,
  });
}

interface Sampled {
  name: string;
  values: string[];
  filledRows: number;
  distinctValues: number;
}

async function sampleColumns(database: LinkageDatabase, table: string, names: readonly string[]): Promise<Sampled[]> {
  if (names.length === 0) return [];
  const text = (name: string): string => `nullif(trim(${named(name)}::VARCHAR), '')`;
  const counts = names.map((name) => `count(${text(name)}), approx_count_distinct(${text(name)})`);
  const [row = []] = await database.rows(`SELECT ${counts.join(", ")} FROM ${table}`);
  const sampled: Sampled[] = [];
  for (const [at, name] of names.entries()) {
    const found = await database.rows(
      `SELECT v FROM (SELECT ${text(name)} AS v FROM ${table}) WHERE v IS NOT NULL LIMIT ${sampledValues}`,
    );
    sampled.push({
      name,
      values: found.map(([value]) => String(value)),
      filledRows: Number(row[2 * at]),
      distinctValues: Number(row[2 * at + 1]),
    });
  }
  return sampled;
}

/** Unless a date shows that the month stands first. */
function isDayFirst(values: readonly string[]): boolean {
  const parts = values
    .map((value) => /^(\d{1,2})[-/. ](\d{1,2})[-/. ]\d{2,4}/.exec(value))
    .filter((each) => each !== null);
  const monthFirst = parts.filter(([, , second]) => Number(second) > 12).length;
  const dayFirst = parts.filter(([, first]) => Number(first) > 12).length;
  return dayFirst >= monthFirst;
}

function nothingToCompare(columns: readonly (readonly TypedColumn[])[]): Problem {
  const listed = columns.map((table) => table.map(({ name, type }) => `${name} (${type})`).join(", ")).join("; ");
  return new Problem(422, "nothing_to_compare", `No column can be compared: ${listed || "there are none"}.`, {
    hint: "Say what columns are with --map COLUMN=TYPE. With two tables, both need a column of that type or name.",
  });
}

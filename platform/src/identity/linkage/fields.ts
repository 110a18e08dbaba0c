import type { ColumnType } from "./columnType.ts";

/** A column of one table with what it was found, or said, to be. */
export interface TypedColumn {
  name: string;
  type: ColumnType;
}

export type FieldType = Exclude<ColumnType, "house_number" | "ignore">;

/** What records of all tables are compared by: one normalised value, made of one or more columns of each table. */
export interface Field {
  /** In SQL and in the model document: `given_name`, `email`, `text_2`. */
  name: string;
  type: FieldType;
  /** By table, the columns that it is made of, joined by a space. */
  columns: string[][];
  /** Of a whole name: only its first, or its last word. */
  part?: "first" | "last";
}

/** More than this many comparisons tell nothing new and cost. */
const maxRepeatedFields = 4;

/**
 * The fields of one or two tables. Columns of one meaning (a surname, a date of birth) go together whatever their
 * headers; codes, categories and texts go together when they are called the same.
 */
export function fieldsOf(tables: readonly (readonly TypedColumn[])[]): Field[] {
  const fields: Field[] = [];
  const taken = tables.map(() => new Set<string>());
  const of = (type: ColumnType): TypedColumn[][] =>
    tables.map((columns, at) => columns.filter((each) => each.type === type && taken[at]?.has(each.name) !== true));
  const add = (name: string, type: FieldType, columns: string[][]): void => {
    if (columns.some((names) => names.length === 0)) return;
    for (const [at, names] of columns.entries()) for (const each of names) taken[at]?.add(each);
    fields.push({ name, type, columns });
  };
  const first = (type: FieldType): string[][] => of(type).map((columns) => columns.slice(0, 1).map(({ name }) => name));
  const [given, family, full] = [first("given_name"), first("surname"), first("full_name")];
  if (tables.every((_, at) => given[at]?.length === 1 && family[at]?.length === 1)) {
    add("given_name", "given_name", given);
    add("surname", "surname", family);
  } else {
    const whole = tables.map((_, at) =>
      full[at]?.length === 1 ? full[at] : [...(given[at] ?? []), ...(family[at] ?? [])],
    );
    const isWhole = whole.every((names) => names.length > 0) && full.some((names) => names.length > 0);
    if (isWhole) addWhole(whole);
    else for (const type of ["given_name", "surname"] as const) add(type, type, first(type));
  }
  add("birth_date", "birth_date", first("birth_date"));
  add("street", "street", streetColumns(of("house_number"), of("street")));
  for (const type of ["city", "postcode"] as const) add(type, type, first(type));
  for (const type of ["email", "phone"] as const) repeat(type, type);
  for (const type of ["code", "category", "text"] as const) repeat(type, type);
  for (const type of ["given_name", "surname", "street", "city"] as const) repeat(type, "text");
  return fields;

  function addWhole(columns: string[][]): void {
    add("given_name", "given_name", columns);
    add("surname", "surname", columns);
    for (const field of fields) field.part = field.type === "given_name" ? "first" : "last";
  }

  function repeat(type: FieldType, as: FieldType): void {
    for (const group of together(of(type), type === "email" || type === "phone")) {
      const count = fields.filter((each) => each.type === as).length;
      if (count < maxRepeatedFields) add(count === 0 ? as : `${as}_${count + 1}`, as, group);
    }
  }
}

function streetColumns(numbers: TypedColumn[][], streets: TypedColumn[][]): string[][] {
  return streets.map((columns, at) => {
    const [street] = columns;
    if (street === undefined) return [];
    return [...(numbers[at] ?? []).slice(0, 1), street].map(({ name }) => name);
  });
}

/** Columns of several tables side by side: those of one name, then (`byOrder`) the rest as they come. */
function together(tables: readonly (readonly TypedColumn[])[], byOrder: boolean): string[][][] {
  const [left = [], ...others] = tables;
  const groups: string[][][] = [];
  const used = new Set<string>();
  for (const { name } of left) {
    const same = others.map((columns) => columns.find((each) => sameHeader(each.name, name)));
    if (!same.every((each) => each !== undefined)) continue;
    groups.push([[name], ...same.map((each) => [each.name])]);
    used.add(name);
  }
  if (!byOrder) return groups;
  const rest = left.filter(({ name }) => !used.has(name));
  const otherRest = others.map((columns) =>
    columns.filter(({ name }) => !groups.some((group) => group.slice(1).some((names) => names.includes(name)))),
  );
  for (const [at, { name }] of rest.entries()) {
    const beside = otherRest.map((columns) => columns[at]);
    if (beside.every((each) => each !== undefined)) groups.push([[name], ...beside.map((each) => [each.name])]);
  }
  return groups;
}

function sameHeader(a: string, b: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\d]/gu, "");
  return plain(a) === plain(b);
}

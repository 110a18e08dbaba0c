import { describe, expect, it } from "vitest";
import type { ColumnType } from "./columnType.ts";
import { detectColumnType } from "./detect.ts";

const rows = 400;
const column = (name: string, value: (row: number) => string, isOnlyTable = true) => {
  const values = Array.from({ length: rows }, (_, row) => value(row)).filter((text) => text !== "");
  return { name, values, filledRows: values.length, distinctValues: new Set(values).size, isOnlyTable };
};
const names = ["Ada", "Grace", "Charles", "Mary", "Zoë", "Jean-Luc"];
const name = (row: number): string => `${names[row % 6] ?? ""}${"abcdefghij"[row % 10] ?? ""}`;
const word = (row: number): string => String(row).replaceAll(/\d/g, (digit) => "bcdfghklmn"[Number(digit)] ?? "");
const date = (row: number): string => `${1930 + (row % 70)}-${String(1 + (row % 12)).padStart(2, "0")}-11`;
const digits = (row: number, count: number): string => String((row * 7919 + 12345) % 10 ** count).padStart(count, "0");

const cases: readonly (readonly [ColumnType, string, (row: number) => string])[] = [
  ["given_name", "first_name", name],
  ["given_name", "Vorname", name],
  ["given_name", "PRÉNOM", name],
  ["given_name", "customerFirstName", name],
  ["surname", "Nachname", name],
  ["surname", "apellidos", name],
  ["full_name", "Name", (row) => `${name(row)} ${name(row * 7)}`],
  ["full_name", "first_and_surname", (row) => `${name(row)} ${name(row * 7)}`],
  ["birth_date", "dob", date],
  ["birth_date", "Geburtsdatum", (row) => date(row).split("-").reverse().join(".")],
  ["birth_date", "x", date],
  ["ignore", "x", (row) => `2024-${String(1 + (row % 12)).padStart(2, "0")}-11`],
  ["ignore", "created_at", date],
  ["email", "x", (row) => `${name(row)}${row}@example.com`],
  ["email", "E-Mail", (row) => `${name(row)}${row}@example.com`],
  ["phone", "Telefon", (row) => `0${digits(row, 9)}`],
  ["phone", "x", (row) => `+44 ${digits(row % 300, 10)}`],
  ["postcode", "PLZ", (row) => digits(row, 5)],
  ["postcode", "zip_code", (row) => digits(row, 5)],
  ["house_number", "street_number", (row) => String(row % 90)],
  ["street", "Straße", (row) => `${name(row)}weg ${row % 9}`],
  ["street", "x", (row) => `${row % 97} ${name(row)} road`],
  ["city", "Ort", name],
  ["category", "gender", (row) => (row % 2 === 0 ? "f" : "m")],
  ["category", "x", (row) => ["gold", "silver", "bronze"][row % 3] ?? ""],
  ["code", "x", (row) => `K-${digits(row % 250, 6)}`],
  ["ignore", "x", (row) => `K-${digits(row, 6)}`],
  ["ignore", "x", () => "GB"],
  ["text", "company", (row) => `${name(row)} ${name(row * 3)} ${word(row)} ltd`],
  ["text", "phone", (row) => `${name(row)} ${word(row)}`],
];

describe("a column's type", () => {
  it.each(cases)("%s: %s", (type, header, value) => {
    expect(detectColumnType(column(header, value))).toBe(type);
  });

  it("does not take numbers for rows when there is another table that may have them too", () => {
    expect(detectColumnType(column("soc_sec_id", (row) => digits(row, 7), false))).toBe("code");
  });

  it("is what the header says where there are no values", () => {
    expect(detectColumnType(column("surname", () => ""))).toBe("surname");
    expect(detectColumnType(column("x", () => ""))).toBe("ignore");
  });
});

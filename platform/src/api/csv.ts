export const contentTypeOfCsv = "text/csv; charset=utf-8; header=present";

/** What spreadsheets take for the beginning of a formula (OWASP, CSV Injection), the full-width forms included. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/;
const plainNumber = /^\+\d{3,}( \+\d{3,})*$/;

/** One line of RFC 4180, ending with `\r\n`. Text that would run as a formula gets an apostrophe before it. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  // A phone number is no formula.
  const safe = formula.test(value) && !plainNumber.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export type Cell = string | number | boolean | null;
export interface Answer {
  columns: readonly { name: string; type: string }[];
  rows: readonly (readonly Cell[])[];
}

/**
 * RFC 4180, with a byte order mark, without which Excel takes UTF-8 for something else. Text that a spreadsheet would
 * run as a formula gets a `'` before it (OWASP, CSV injection): events come from anybody. Phone numbers stay.
 */
export function csvText({ columns, rows }: Answer): string {
  const lines = [columns.map(({ name }) => name), ...rows].map((cells) => cells.map(csvField).join(","));
  return `\uFEFF${lines.join("\r\n")}\r\n`;
}

function csvField(value: Cell): string {
  if (value === null) return "";
  const text = typeof value === "string" && isFormula(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isFormula(text: string): boolean {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d\s().,-]*$/.test(text);
}

/** A list of objects by column; a name that stands twice gets a number. */
export function jsonText({ columns, rows }: Answer): string {
  const names = uniqueNames(columns.map(({ name }) => name));
  return `${JSON.stringify(
    rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [names[index] ?? String(index), cell]))),
    null,
    1,
  )}\n`;
}

export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let again = 2; taken.has(unique); again += 1) unique = `${name}_${again}`;
    taken.add(unique);
    return unique;
  });
}

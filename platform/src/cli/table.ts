const maxCellChars = 80;

type Cell = string | number | boolean | null;

/**
 * Text that a terminal only shows: a customer's name may hold escape sequences that would clear the screen or worse.
 * Control characters (C0, C1, bidirectional overrides) become `\u{…}`.
 */
export function printable(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex -- these are exactly what must not reach a terminal
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u{${char.charCodeAt(0).toString(16)}}`,
  );
}

/** Rows as aligned columns, numbers to the right, cells cut at 80 characters. Ends with a newline. */
export function tableOf(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) => row.map(cellText));
  const heads = columns.map((name) => cut(printable(name)));
  const widths = heads.map((head, at) =>
    cells.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), head.length),
  );
  const isNumeric = heads.map((_, at) => rows.length > 0 && rows.every((row) => typeof (row[at] ?? 0) === "number"));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => (isNumeric[at] === true ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)]
    .map((text) => `${text}\n`)
    .join("");
}

function cellText(cell: Cell): string {
  return cell === null ? "" : cut(printable(String(cell)));
}

function cut(text: string): string {
  return text.length <= maxCellChars ? text : `${text.slice(0, maxCellChars - 1)}…`;
}

/** RFC 4180 with `\n` as the line end; null is an empty field, an empty text `""`. */
export function csvOf(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const field = (cell: Cell): string => {
    if (cell === null) return "";
    const text = String(cell);
    return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}

/** `GBP 97,447.93` from minor units, exactly. */
export function moneyText(amountMinor: number, currency: string): string {
  const digits = fractionDigits(currency);
  const text = Math.abs(amountMinor)
    .toString()
    .padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits === 0 ? "" : `.${text.slice(-digits)}`;
  return `${currency} ${amountMinor < 0 ? "-" : ""}${whole}${fraction}`;
}

function fractionDigits(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

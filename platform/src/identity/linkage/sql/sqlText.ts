/** A text literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** An identifier that may hold anything. */
export function named(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

import type { DatabaseSync } from "node:sqlite";

const maxFaults = 10;

/**
 * What SQLite's `integrity_check` finds: pages, order of rows, indexes against tables. In numbers of pages and names of
 * tables. (It has no checksum of what a column holds.)
 */
export function integrityFaults(database: DatabaseSync): string[] {
  try {
    const rows = database.prepare(`PRAGMA integrity_check(${maxFaults})`).all();
    const said = rows.map((row) => String(Object.values(row)[0]));
    return said.length === 1 && said[0] === "ok" ? [] : said.map(withoutValues);
  } catch (error) {
    const code = error instanceof Error && "errcode" in error ? ` (SQLite ${String(error.errcode)})` : "";
    return [`it is damaged${code}`];
  }
}

/** One line, and no quoted value. */
function withoutValues(said: string): string {
  return (
    said
      .split("\n")[0]
      ?.replaceAll(/'[^']*'|"[^"]*"/g, "…")
      .slice(0, 200) ?? ""
  );
}

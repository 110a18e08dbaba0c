import { DatabaseSync } from "node:sqlite";
import type { NormalisedProfile } from "../../../identity/index.ts";

const pageRecords = 5_000;

/** All records of an index, a page at a time, through a connection of its own: one moment's, whoever writes meanwhile. */
export function* recordPages(indexFile: string): Generator<NormalisedProfile[]> {
  const database = new DatabaseSync(indexFile, { readOnly: true });
  try {
    database.exec("PRAGMA busy_timeout = 10000; BEGIN");
    const read = database.prepare(
      "SELECT number, id, field_values FROM records WHERE number > ? ORDER BY number LIMIT ?",
    );
    for (let after = 0; ;) {
      const rows = read.all(after, pageRecords);
      if (rows.length === 0) return;
      after = Number(rows.at(-1)?.["number"]);
      yield rows.map((row) => ({
        id: String(row["id"]),
        values: JSON.parse(String(row["field_values"])) as (string | null)[],
      }));
    }
  } finally {
    database.close();
  }
}

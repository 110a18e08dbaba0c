import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { correctionStatements } from "./corrections.ts";
import { causeStatements, rejectionStatements } from "./fates.ts";
import { rejectionWrites } from "./rejections.ts";
import { evidenceStatements } from "./evidenceAround.ts";
import { commitStatements } from "./writeDecision.ts";
import { openStateFile } from "./schema.ts";
import { peopleStatements } from "./people.ts";
import { rulesStatements } from "./rulesVersions.ts";
import { readStatements } from "./stateStore.ts";

let directory = "";
let database: DatabaseSync;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "c360-plans-"));
  database = openStateFile(join(directory, "state.sqlite"));
});
afterAll(() => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Reads that are done for every event or every question: one that walks a table makes all of it stall as it grows. */
describe("hot statements find their rows by an index", () => {
  it("scans no table", () => {
    const groups: Record<string, StatementSync>[] = [
      readStatements(database),
      peopleStatements(database),
      evidenceStatements(database),
      commitStatements(database),
      rejectionStatements(database),
      rejectionWrites(database),
      { cause: causeStatements(database).cause },
      correctionStatements(database),
      rulesStatements(database),
    ];
    const all = groups.flatMap((group) => Object.entries(group));
    expect(all.length).toBeGreaterThan(30);
    const scans = all.flatMap(([name, { sourceSQL }]) => {
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sourceSQL}`).all(...parametersOf(sourceSQL));
      const details = plan
        .map((row) => String(row["detail"]))
        .filter((detail) => /^SCAN (?!head|CONSTANT)/.test(detail));
      return details.map((detail) => `${name}: ${detail}`);
    });
    expect(scans).toEqual([]);
  });
});

function parametersOf(sql: string): number[] {
  return Array.from(sql.matchAll(/\?/g), () => 1);
}

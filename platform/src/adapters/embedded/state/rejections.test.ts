import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keyedHash } from "../../../model/keyedHash.ts";
import { causeOf } from "../../../model/rejectionCause.ts";
import type { RejectedRow } from "../../../storage/identityAndProfiles.ts";
import { rejectionRows } from "./rejections.ts";
import { openStateFile } from "./schema.ts";

const hash = keyedHash(Buffer.alloc(32, 7));
const reason = { code: "event_missing", message: "it has no name" };

let directory: string;
let database: DatabaseSync;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "c360-rejections-"));
  database = openStateFile(join(directory, "state.sqlite"));
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

function row(n: number): RejectedRow {
  const cause = causeOf("web", reason, {});
  const named = { messageKey: `k${n}`, messageId: `m${n}`, source: "web" };
  return { position: n, ...named, reason, cause, receivedAt: n, isTaken: false };
}

it("knows what is refused alike: in memory, where there is too much for it, and after trouble", () => {
  const rows = rejectionRows(database, hash, 5);
  const all = Array.from({ length: 12 }, (_, n) => `k${n}`);
  const expected = new Set<string>();
  expect(rows.refused(all)).toEqual(expected);
  for (let n = 0; n < 10; n++) {
    const decision = { rejected: [row(n)], mended: n % 3 === 2 ? [`k${n - 1}`] : [] };
    rows.write(decision);
    rows.keep(decision);
    expected.add(`k${n}`);
    for (const key of decision.mended) expected.delete(key);
    expect(rows.refused(all)).toEqual(expected);
    expect(rejectionRows(database, hash, n).refused(all)).toEqual(expected);
  }
  // What was not committed is not known any more.
  database.exec("BEGIN");
  rows.write({ rejected: [row(11)], mended: all });
  database.exec("ROLLBACK");
  rows.forget();
  expect(rows.refused(all)).toEqual(expected);
});

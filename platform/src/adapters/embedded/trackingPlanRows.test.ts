import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { trackingPlansContract } from "../../storage/trackingPlansContract.ts";
import { openAccessStore, type CopiedAccessStore } from "./accessStore.ts";

const parts = { now: () => Date.UTC(2026, 10, 30), randomBytes };

trackingPlansContract("in the file of sources", async () => {
  const directory = mkdtempSync(join(tmpdir(), "c360-plans-"));
  const file = join(directory, "access.sqlite");
  let store: CopiedAccessStore = await openAccessStore(file, parts);
  for (const id of ["web", "erp"]) await store.createSource({ id, kind: "web" });
  await store.close();
  return {
    open: async () => {
      store = await openAccessStore(file, parts);
      return store.plans;
    },
    close: () => store.close(),
    dispose: async () => rmSync(directory, { recursive: true, force: true }),
  };
});

it("a file of the format before has no plans yet, and can have some", async () => {
  const directory = mkdtempSync(join(tmpdir(), "c360-plans-"));
  const file = join(directory, "access.sqlite");
  const before = await openAccessStore(file, parts);
  await before.createSource({ id: "web", kind: "web" });
  await before.close();
  const older = new DatabaseSync(file);
  older.exec("DROP TABLE tracking_plans; PRAGMA user_version = 2");
  older.close();
  const { plans, ...store } = await openAccessStore(file, parts).then((opened) => ({
    plans: opened.plans,
    close: () => opened.close(),
  }));
  expect(await plans.holding()).toEqual([]);
  expect(await plans.publish({ source: "web", document: {}, basedOn: 0, by: "t1", reason: "x" })).toMatchObject({
    number: 1,
  });
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

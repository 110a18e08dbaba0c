import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, type TestContext } from "vitest";
import type { ColumnType } from "../identity/linkage/columnType.ts";
import { linkFiles } from "./linkFiles.ts";

const shared = fileURLToPath(new URL("../../../../shared/data/identity/", import.meta.url));
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "c360-link-data-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function need(context: TestContext, path: string): string {
  const file = join(shared, path);
  if (!existsSync(file)) {
    expect(process.env["CI"], `${file} is missing`).not.toBe("true");
    context.skip("../shared/data is not beside the checkout");
  }
  return file;
}

/** How far, on average, what is predicted may lie from what comes true. */
const mostCalibrationError = 0.05;

/** With the defaults that everybody gets; the truth is read by the measure only. */
async function f1Of(files: string[], idColumn: string, truthColumn: string, ignored: string[] = []): Promise<number> {
  const found = await linkFiles({
    tables: files.map((file) => ({ file, label: file, idColumn })),
    truthColumn,
    types: new Map(ignored.map((name): [string, ColumnType] => [name, "ignore"])),
  });
  try {
    const { clusters, pairs } = await found.measure();
    const { f1, bCubed, blockingRecall, largestCluster } = clusters;
    console.log(
      `${idColumn}: F1 ${f1.toFixed(4)}, B-cubed ${bCubed.f1.toFixed(4)}, blocking ${blockingRecall.toFixed(4)}, largest ${largestCluster}, calibration error ${pairs.calibrationError.toFixed(4)}`,
    );
    expect(pairs.calibrationError).toBeLessThanOrEqual(mostCalibrationError);
    return f1;
  } finally {
    found.close();
  }
}

it("FEBRL 4: 5,000 people in two tables", async (context) => {
  const files = ["dataset4a.csv", "dataset4b.csv"].map((name) => {
    const lines = readFileSync(need(context, `febrl4/${name}`), "utf8")
      .trim()
      .split(/\r?\n/);
    // The ids spell the truth; nothing else of them is shown to the linkage.
    const withTruth = lines.map((line, at) => `${line},${at === 0 ? "person" : (/^rec-(\d+)-/.exec(line)?.[1] ?? "")}`);
    writeFileSync(join(dir, name), `${withTruth.join("\n")}\n`);
    return join(dir, name);
  });
  expect(await f1Of(files, "rec_id", "person")).toBeGreaterThanOrEqual(0.999);
});

it("fake_1000: many slips in few records", async (context) => {
  const file = need(context, "fake_1000/fake_1000.csv");
  expect(await f1Of([file], "unique_id", "cluster")).toBeGreaterThanOrEqual(0.96);
});

it("historical figures: much missing, much wrong", async (context) => {
  const file = need(context, "historical_25k/historical_25k.csv");
  expect(await f1Of([file], "unique_id", "cluster")).toBeGreaterThanOrEqual(0.93);
});

it("people, 100,000 records, with and without the other members of households", async (context) => {
  const generator = need(context, "people/generate.mjs");
  const all = join(dir, "people.csv");
  const made = spawnSync(process.execPath, [generator, "--records", "100000", "--seed", "1", "--out", all]);
  expect({ status: made.status, said: String(made.stderr) }).toEqual({ status: 0, said: "" });
  expect(await f1Of([all], "record_id", "person_id", ["household_id"])).toBeGreaterThanOrEqual(0.96);

  const [head = "", ...lines] = readFileSync(all, "utf8").trim().split("\n");
  const firstOf = new Map<string, string>();
  const single = lines.filter((line) => {
    const [, person = "", household = ""] = line.split(",");
    if (!firstOf.has(household)) firstOf.set(household, person);
    return firstOf.get(household) === person;
  });
  writeFileSync(join(dir, "single.csv"), `${[head, ...single].join("\n")}\n`);
  expect(await f1Of([join(dir, "single.csv")], "record_id", "person_id", ["household_id"])).toBeGreaterThanOrEqual(
    0.96,
  );
});

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { mutations } from "../mutation/mutations.ts";

const run = promisify(execFile);
const platform = join(import.meta.dirname, "../..");

interface Report {
  numTotalTests: number;
  numFailedTests: number;
  testResults: { assertionResults: { fullName: string; status: string }[] }[];
}

/** Full names of the tests that failed, with the fault of that number. */
async function failing(mutation: number | null): Promise<{ total: number; failed: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "c360-mutation-"));
  try {
    const file = join(folder, "report.json");
    const vitest = join(platform, "../node_modules/vitest/vitest.mjs");
    const config = join(platform, "test/mutation/vitest.config.ts");
    const flags = ["run", "--config", config, "--reporter", "json", "--outputFile", file];
    const { C360_MUTATION: _, VITEST: __, ...env } = process.env;
    const fault = mutation === null ? {} : { C360_MUTATION: String(mutation) };
    // Tests that fail end with 1: that is what they are run for.
    await run(process.execPath, [vitest, ...flags], {
      cwd: platform,
      env: { ...env, ...fault },
      maxBuffer: 64 << 20,
    }).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 1) throw error;
    });
    const report = JSON.parse(readFileSync(file, "utf8")) as Report;
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    const failed = tests.filter(({ status }) => status === "failed").map(({ fullName }) => fullName);
    return { total: report.numTotalTests, failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function propertiesIn(names: readonly string[]): Set<number> {
  const found = names.flatMap((name) => [...name.matchAll(/Identity propert(?:y|ies) (\d+(?:, \d+)*)/g)]);
  return new Set(found.flatMap((match) => (match[1] ?? "").split(", ").map(Number)));
}

describe("the properties of identity resolution find faults", () => {
  it("and none where there is none", async () => {
    const { total, failed } = await failing(null);
    expect(failed).toEqual([]);
    expect(total).toBeGreaterThan(100);
  });

  it.each(mutations.map((mutation, number) => ({ number, ...mutation })))(
    "$name",
    async ({ number, file, from, breaks }) => {
      expect(readFileSync(join(platform, "src", file), "utf8").split(from)).toHaveLength(2);
      const { failed } = await failing(number);
      const found = propertiesIn(failed);
      expect(
        breaks.some((property) => found.has(property)),
        `failed: ${failed.join("; ") || "nothing"}`,
      ).toBe(true);
    },
  );
});

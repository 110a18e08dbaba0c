import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import type { Results } from "./report.ts";

const directory = mkdtempSync(join(tmpdir(), "c360-bench-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function bench(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  return promisify(execFile)(process.execPath, [main, ...args], { maxBuffer: 1 << 24 });
}

describe("npm run bench", () => {
  it("measures a real server through all phases, twice, and leaves nothing behind", async () => {
    const json = join(directory, "results.json");
    const profiles = join(directory, "profiles");
    const work = join(directory, "work");
    mkdirSync(work);
    const small = ["--profiles", "300", "--seconds", "1", "--after-events", "40000"];
    const { stdout } = await bench(...small, "--dir", work, "--json", json, "--cpu-profile", profiles);

    const results = JSON.parse(readFileSync(json, "utf8")) as Results;
    expect(results.rounds).toHaveLength(2);
    for (const { full, half, reads, follow } of results.rounds) {
      expect(follow?.foundMs.count).toBeGreaterThan(0);
      expect(full?.processedPerS).toBeGreaterThan(0);
      expect(full?.acknowledgedPerS).toBeGreaterThanOrEqual(full?.processedPerS ?? 0);
      expect(half?.visibleMs.count).toBeGreaterThan(0);
      expect(reads?.perS).toBeGreaterThan(0);
    }
    expect(results.rounds[1]?.eventsBefore).toBeGreaterThanOrEqual(40_000);
    expect(results.search?.foundShare).toBe(1);
    expect(stdout).toContain("  typo, one word, ms (p50 / p99)");
    expect(stdout).toContain("end to end, events/s");
    for (const thread of ["gateway and API", "ingestion", "analytics"]) expect(stdout).toContain(`== ${thread}:`);
    expect(readdirSync(work)).toEqual([]);
  });

  it("says what is wrong with an argument, with 2 as the exit code", async () => {
    await expect(bench("--profiles", "many")).rejects.toMatchObject({ code: 2 });
  });
});

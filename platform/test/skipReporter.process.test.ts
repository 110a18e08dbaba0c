import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** Runs vitest over one test file of its own, with the reporter. */
function run(test: string, env: Record<string, string>, ...options: string[]): { code: number | null; output: string } {
  const root = mkdtempSync(join(tmpdir(), "c360-reporter-"));
  try {
    writeFileSync(join(root, "a.test.js"), test);
    writeFileSync(
      join(root, "vitest.config.js"),
      `import { skipReporter } from ${JSON.stringify(join(import.meta.dirname, "skipReporter.ts"))};
       export default { test: { globals: true, reporters: [skipReporter(process.env.CI === "true")] } };`,
    );
    const vitest = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
    const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, "run", "--root", root, ...options], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", ...env },
    });
    return { code: status, output: stdout + stderr };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const passing = `it("passes", () => {});`;
const skipping = `it("needs a browser", (context) => context.skip("no Chromium here"));`;

describe("a run's end", () => {
  it("counts what passed and failed", () => {
    const { code, output } = run(`${passing}\nit("fails", () => { throw new Error("no"); });`, { CI: "true" });
    expect(output).toContain("tests: 1 passed, 1 failed, 0 skipped");
    expect(code).toBe(1);
    expect(run(passing, { CI: "true" })).toMatchObject({ code: 0 });
  });

  it("counts a file that cannot be loaded as a failure", () => {
    const { code, output } = run(`${passing}\nthrow new Error("no");`, {});
    expect(output).toContain("tests: 0 passed, 1 failed, 0 skipped");
    expect(code).toBe(1);
  });

  it("says what was skipped and why, and in CI fails for it", () => {
    const here = run(`${passing}\n${skipping}`, {});
    expect(here.output).toContain("skipped: a.test.js: needs a browser: no Chromium here");
    expect(here.output).toContain("tests: 1 passed, 0 failed, 1 skipped");
    expect(here.code).toBe(0);
    const ci = run(`${passing}\n${skipping}`, { CI: "true" });
    expect(ci.output).toContain("Nothing may be skipped in CI");
    expect(ci.code).toBe(1);
  });

  it("does not list what -t leaves out", () => {
    expect(run(`${passing}\n${skipping}`, {}, "-t", "passes").output).not.toContain("skipped: ");
  });
});

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("measures each shape, and leaves nothing behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "c360-cost-"));
  try {
    const json = join(folder, "cost.json");
    const flags = ["--identifiers", "40", "--hub", "200", "--events", "5", "--json", json, "--dir", folder];
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, "identityCost.ts"), ...flags]);
    expect(stdout).toMatch(/^chain, whole +40 +\d+\.\d\d /m);
    const figures = JSON.parse(readFileSync(json, "utf8")) as { identifiers: number; eventMs: { p50: number } }[];
    expect(figures.map(({ identifiers }) => identifiers)).toEqual([40, 40, 40, 40, 200, 200]);
    for (const { eventMs } of figures) expect(eventMs.p50).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual(["cost.json"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

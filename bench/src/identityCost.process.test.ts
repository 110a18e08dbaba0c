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
    expect(stdout).toMatch(/^nothing new is learned: \d+\.\d\d µs an event/m);
    const { shapes } = JSON.parse(readFileSync(json, "utf8")) as {
      shapes: { identifiers: number; eventMs: { p50: number; p99: number } }[];
    };
    expect(shapes.map(({ identifiers }) => identifiers)).toEqual([40, 40, 40, 40, 200, 200]);
    // The system counts in ticks: what takes less than one may take none.
    for (const { eventMs } of shapes) expect(eventMs.p99).toBeGreaterThanOrEqual(eventMs.p50);
    expect(shapes.some(({ eventMs }) => eventMs.p99 > 0)).toBe(true);
    expect(readdirSync(folder)).toEqual(["cost.json"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("tells what a million events take in each tier, and leaves nothing behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "c360-disk-cost-"));
  try {
    const flags = ["--events", "200", "--days", "70", "--dir", folder];
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, "diskCost.ts"), ...flags]);
    const figure = (name: string): number[] =>
      (new RegExp(`^${name} +(\\d+) MB +(\\d+) MB$`, "m").exec(stdout) ?? []).slice(1).map(Number);
    const [log, archive] = [figure("a million in the log"), figure("a million archived")];
    expect(log).toHaveLength(2);
    expect(archive).toHaveLength(2);
    for (const [nth, bytes] of archive.entries()) expect(bytes).toBeLessThan((log[nth] ?? 0) / 2);
    const files = (name: string): number[] =>
      (new RegExp(`^${name}: files +(\\d+) +(\\d+)$`, "m").exec(stdout) ?? []).slice(1).map(Number);
    const [scattered, kept] = [files("lake, a file a month"), files("lake as it is kept")];
    // The retailer's history is of some months.
    expect(kept[1]).toBeLessThan((scattered[1] ?? 0) / 2);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("tells what taking and deciding cost, and leaves nothing behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "c360-ingest-"));
  try {
    const flags = ["--profiles", "300", "--events", "700", "--rounds", "2", "--dir", folder];
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, "ingestCost.ts"), ...flags]);
    expect(stdout).toMatch(/^sign-ups +\d+\.\d +\d+\.\d\n(?:events +\d+\.\d +\d+\.\d\n){2}$/m);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("sends a year of few, and finds most of what can be known of who is who", async () => {
  const folder = mkdtempSync(join(tmpdir(), "c360-score-"));
  try {
    const program = join(import.meta.dirname, "identityScore.ts");
    const file = join(folder, "score.json");
    const flags = ["--customers", "60", "--days", "120", "--json", file, "--dir", folder];
    const { stdout } = await run(process.execPath, [program, ...flags]);
    expect(stdout).toMatch(/^60 customers, 120 days, seed 1: [\d,]+ events$/m);
    const { score, sent, evidence } = JSON.parse(readFileSync(file, "utf8")) as {
      score: { precision: number; recall: number; knowableRecall: number; truePairs: number };
      sent: { events: number };
      evidence: {
        components: number;
        identifiers: { p50: number; p99: number; max: number };
        lateEdgeMs: { identifiers: number; p50: number }[];
      };
    };
    expect(sent.events).toBeGreaterThan(500);
    expect(score.truePairs).toBeGreaterThan(500);
    expect(score.precision).toBeGreaterThan(0.99);
    expect(score.knowableRecall).toBeGreaterThan(0.98);
    expect(evidence.components).toBeGreaterThan(30);
    expect(evidence.identifiers.max).toBeGreaterThanOrEqual(evidence.identifiers.p99);
    expect(evidence.identifiers.p50).toBeGreaterThan(1);
    expect(evidence.lateEdgeMs.map(({ identifiers }) => identifiers)).toContain(evidence.identifiers.max);
    for (const { p50 } of evidence.lateEdgeMs) expect(p50).toBeGreaterThan(0);
    expect(score.recall).toBeLessThanOrEqual(score.knowableRecall);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

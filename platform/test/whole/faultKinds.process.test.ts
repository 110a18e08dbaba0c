import { describe, expect, it } from "vitest";
import { clocks, crashes, fewHandles } from "../faults/kinds/process.ts";
import { errorsOf } from "../faults/kinds/disk.ts";
import { runTrial } from "../faults/runTrial.ts";
import type { FaultKind } from "../faults/trial.ts";

const seed = Number(process.env["C360_TEST_SEED"] ?? Date.now() % 2 ** 31);

/** Of what the long mode (`npm run faults`) does for hours: what no other test does to a whole platform, once each. */
const kinds: readonly FaultKind[] = [
  crashes,
  clocks,
  fewHandles,
  errorsOf(seed % 2 === 0 ? "state" : "analytics", "ENOSPC"),
];

describe("Promise 1: acknowledged means durable", () => {
  it.for(kinds)("$name: none lost, none twice, and all sums come out", async (kind, context) => {
    const missing = kind.lacks();
    if (missing !== null && process.env["CI"] !== "true") context.skip(`this machine lacks ${missing}`);
    const { story, acknowledged, differences } = await runTrial(seed, [kind]);
    console.log(
      `faultKinds.process.test.ts: C360_TEST_SEED=${seed}: ${story.join("; ")}: ${acknowledged} acknowledged`,
    );
    expect({ seed, story, differences }).toEqual({ seed, story, differences: [] });
    expect(acknowledged).toBeGreaterThan(0);
  });
});

import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runs } from "../runs.ts";
import { Broken } from "./broken.ts";
import { faults } from "./faults.ts";
import { happenings } from "./happenings.ts";
import { openRunner, seedsFrom, type Runner } from "./many.ts";
import { reportOf } from "./report.ts";
import type { Run } from "./schedule.ts";
import { shrink } from "./shrink.ts";

/** Seconds where nothing else runs. */
const maxMs = 300_000;

/** A few; thousands run in the long mode: `npm run simulate-platform`. */
const knownSeeds = 120;
const freshSeeds = 30;
/** What is rare is looked for under so many more seeds at most. */
const moreSeeds = 400;

let runner: Runner;
beforeAll(async () => {
  runner = await openRunner();
});
afterAll(() => runner.close());

/** Empty where all holds; otherwise what whoever reads it needs. */
async function brokenBy(first: number, count: number, onRun?: (run: Run) => void): Promise<string> {
  const found = await runner.firstBroken(seedsFrom(first, count), onRun);
  return found === null ? "" : reportOf(found.run, found.shorter);
}

describe("the platform under a simulated clock, disk and schedule", () => {
  it(
    "keeps its promises under known seeds, and meets every kind of trouble",
    async () => {
      const missing = new Set(happenings);
      const look = ({ trace }: Run): void => {
        for (const each of missing) if (trace.some((line) => each.test(line))) missing.delete(each);
      };
      expect(await brokenBy(1, runs(knownSeeds), look)).toBe("");
      // A tenth of the seeds need not meet all.
      if (runs(knownSeeds) < knownSeeds) return;
      for (let more = 1; more <= moreSeeds && missing.size > 0; more++) {
        expect(await brokenBy(knownSeeds + more, 1, look)).toBe("");
      }
      expect([...missing]).toEqual([]);
    },
    maxMs,
  );

  const fresh = randomInt(2 ** 32);
  it(
    `keeps its promises under fresh seeds, from ${fresh} on`,
    async () => {
      expect(await brokenBy(fresh, runs(freshSeeds))).toBe("");
    },
    maxMs,
  );

  it("does the same under the same seed", async () => {
    for (const seed of [7, 8, 9]) {
      const [one, other] = [await runner.run({ seed }), await runner.run({ seed })];
      expect(other.trace).toEqual(one.trace);
    }
  });
});

describe("a failing seed", () => {
  const schedule = (steps: readonly number[]): Run => ({
    seed: 5,
    steps: [...steps],
    trace: steps.map((step) => `${step} something happens`),
    broken: [3, 17, 40].every((step) => steps.includes(step)) ? new Broken("a rule", `at ${steps.length}`) : null,
  });

  it("is cut to the steps that matter", async () => {
    const whole = schedule(Array.from({ length: 60 }, (_, step) => step));
    const cut = await shrink(whole, async ({ steps }) => schedule(steps ?? []));
    expect(cut.steps).toEqual([3, 17, 40]);
  });

  it("is told with what broke, what came before and the command that runs it again", () => {
    const text = reportOf(schedule(Array.from({ length: 60 }, (_, step) => step)), schedule([3, 17, 40]));
    expect(text).toContain("Seed 5 breaks after 60 steps: a rule: at 60");
    expect(text).toContain("  17 something happens");
    expect(text).toContain("npm run simulate-platform -- --seed 5 --steps 3,17,40");
  });
});

it.each(faults)("$name: what it changes stands once in $file", ({ file, from }) => {
  const source = readFileSync(join(import.meta.dirname, "../../src", file), "utf8");
  expect(source.split(from)).toHaveLength(2);
});

import { describe, expect, it } from "vitest";
import { decideUntilQuiet } from "./decideUntilQuiet.ts";
import type { DeciderOutcome } from "./decider.ts";

describe("a decider that was called while another one had the lease", () => {
  it("is stood in for: the other one looks once more after it gave the lease back", async () => {
    let length = 5;
    const decided: number[] = [];
    const outcome = await decideUntilQuiet(
      async () => length,
      async (end) => {
        decided.push(await end());
        // Comes after the last look, and before the lease is free.
        if (decided.length < 3) length += 1;
        return "caughtUp";
      },
    );
    expect(outcome).toBe("caughtUp");
    expect(decided).toEqual([5, 6, 7]);
  });

  it.each(["held", "outOfTime", "overtaken"] satisfies DeciderOutcome[])("goes when it is %s", async (outcome) => {
    let runs = 0;
    const run = async (): Promise<DeciderOutcome> => {
      runs += 1;
      return outcome;
    };
    expect(await decideUntilQuiet(async () => 9, run)).toBe(outcome);
    expect(runs).toBe(1);
  });
});

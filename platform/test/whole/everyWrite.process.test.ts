import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawsFrom, hash32 } from "../../src/simulator/draws.ts";
import { openEveryWrite, type EveryWrite, type Mode } from "../faults/everyWrite/everyWrite.ts";
import { sampled } from "../faults/everyWrite/points.ts";
import { hasStrace } from "../faults/strace.ts";

const seed = Number(process.env["C360_TEST_SEED"] ?? Date.now() % 2 ** 31);
/** Of several hundred writes each; `npm run every-write` tries all. */
const tries: readonly [Mode, number][] = [
  ["kill", 44],
  ["error", 32],
  ["recovery-kill", 32],
  ["recovery-error", 24],
];
const atOnce = 2;
/** Threads take turns a little differently each time: some run ends before its write comes. */
const mostNotReached = 0.1;

let every: EveryWrite;
beforeAll(async () => {
  every = await openEveryWrite(seed);
});
afterAll(() => every.close());

describe("Promise 1: acknowledged means durable", () => {
  it.for(tries)("%s: at whichever write it comes, none is lost, none twice", async ([mode, most], context) => {
    if (!hasStrace() && process.env["CI"] !== "true") context.skip("strace is not installed");
    const all = await every.points(mode);
    const queue = sampled(all, most, drawsFrom(hash32(seed, 3)).next());
    const tried = queue.length;
    const failed: unknown[] = [];
    let notReached = 0;
    const lane = async (): Promise<void> => {
      for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
        const { isReached, differences, ...attempt } = await every.attempt(mode, point);
        if (!isReached) notReached += 1;
        if (differences.length > 0) failed.push({ seed, mode, ...attempt, differences });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    console.log(
      `everyWrite.process.test.ts: C360_TEST_SEED=${seed}: ${mode} at ${tried} of ${all.length} writes, ${notReached} not reached`,
    );
    expect(failed).toEqual([]);
    expect(tried).toBe(most);
    expect(notReached).toBeLessThanOrEqual(mostNotReached * tried);
  });
});

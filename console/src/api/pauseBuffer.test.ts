import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pauseBuffer } from "./pauseBuffer.ts";

type Step = "pause" | "resume" | number;
const steps = fc.array(fc.oneof(fc.constantFrom<Step>("pause", "resume"), fc.integer({ min: 1, max: 7 })), {
  maxLength: 40,
});

/** Plays the steps (a number: so many items come), then resumes. */
function play(maxHeld: number, script: Step[]) {
  const passed: number[] = [];
  const buffer = pauseBuffer<number>(maxHeld, (items) => passed.push(...items));
  let came = 0;
  for (const step of script) {
    if (step === "pause") buffer.pause();
    else if (step === "resume") buffer.resume();
    else buffer.push(Array.from({ length: step }, () => came++));
    expect(buffer.held()).toBeLessThanOrEqual(maxHeld);
  }
  buffer.resume();
  return { passed, came };
}

describe("pausing", () => {
  it("loses nothing and changes no order while there is room", () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { passed, came } = play(1_000, script);
        expect(passed).toEqual(Array.from({ length: came }, (_, index) => index));
      }),
    );
  });

  it("keeps the newest beyond the bound, still in order", () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { passed } = play(5, script);
        expect(passed).toEqual([...new Set(passed)].sort((a, b) => a - b));
      }),
    );
    const buffer = pauseBuffer<number>(2, () => undefined);
    buffer.pause();
    buffer.push([1, 2, 3]);
    expect([buffer.held(), buffer.dropped()]).toEqual([2, 1]);
  });
});

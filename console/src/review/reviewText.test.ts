import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markedApart, shareText, weightText } from "./reviewText.ts";

describe("what differs between two values", () => {
  it("is marked in its place", () => {
    expect(markedApart("Ana Silva", "Anna Silva")).toEqual([
      { start: "An", middle: "", end: "a Silva" },
      { start: "An", middle: "n", end: "a Silva" },
    ]);
    expect(markedApart("Porto", "Lisboa")).toEqual([
      { start: "", middle: "Porto", end: "" },
      { start: "", middle: "Lisboa", end: "" },
    ]);
  });

  it("put together again is what they were, and characters stay whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (one, other) => {
        for (const [at, marked] of markedApart(one, other).entries()) {
          expect(`${marked.start}${marked.middle}${marked.end}`).toBe([one, other][at]);
          expect([marked.start, marked.middle, marked.end].every((part) => part.isWellFormed())).toBe(true);
        }
        const [a, b] = markedApart(one, other);
        expect([a.start, a.end]).toEqual([b.start, b.end]);
      }),
    );
  });
});

describe("figures", () => {
  it("weights always have a sign", () => {
    expect([weightText(3.14), weightText(-2.28), weightText(0)]).toEqual(["+3.1", "−2.3", "+0.0"]);
  });

  it("a probability is never certain", () => {
    expect([shareText(0.97), shareText(0.9999999), shareText(0), shareText(0.5)]).toEqual([
      "97.0 %",
      "99.99 %",
      "0.01 %",
      "50.0 %",
    ]);
  });
});

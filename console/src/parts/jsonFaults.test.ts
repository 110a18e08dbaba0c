import { expect, it } from "vitest";
import { faultsOf as faultsIn } from "./jsonFaults.ts";

const faultsOf = (json: string, reason: Parameters<typeof faultsIn>[1]) => faultsIn(json, reason, "it is no object");
const call = '{\n  "type": "track"\n}';

it("marks what the platform said, at its field or where it is missing", () => {
  const missing = faultsOf(call, { message: "it needs a name", field: "event" });
  expect(missing.faults).toEqual([
    { place: expect.objectContaining({ from: 0, to: 1 }), message: "it needs a name (missing here)" },
  ]);
  expect(missing.object).toEqual({ type: "track" });
  const wrong = faultsOf(call, { message: "no such type", field: "type" }).faults[0];
  expect(wrong?.message).toBe("no such type (wrong here)");
  expect(call.slice(wrong?.place.from, wrong?.place.to)).toBe('"type": "track"');
  expect(faultsOf(call, { message: "it is too large" }).faults).toEqual([]);
});

it("marks what is no JSON by line and column, and what is no call", () => {
  expect(faultsOf('{\n  "a" 1\n}', null)).toEqual({
    faults: [{ place: { from: 8, to: 9 }, message: "Line 2, column 7: a colon is missing" }],
    object: null,
  });
  expect(faultsOf("[]", null)).toMatchObject({
    object: null,
    faults: [{ message: expect.stringContaining("object") }],
  });
});

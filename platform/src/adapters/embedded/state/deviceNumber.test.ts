import { expect, it } from "vitest";
import { deviceNumber } from "./deviceNumber.ts";

it("a device's number is whole, the same each time, and another device's is another", () => {
  const keys = Array.from({ length: 200_000 }, (_, n) => `anonymous_id:${n.toString(16)}`);
  const numbers = keys.map(deviceNumber);
  expect(numbers.every(Number.isSafeInteger)).toBe(true);
  expect(new Set(numbers).size).toBe(keys.length);
  expect(deviceNumber("anonymous_id:1")).toBe(numbers[1]);
  expect(deviceNumber("device_id:tablet")).toBe(6_696_390_126_041_025);
});

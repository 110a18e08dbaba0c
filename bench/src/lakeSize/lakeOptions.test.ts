import { describe, expect, it } from "vitest";
import { readLakeOptions } from "./lakeOptions.ts";

describe("the lake bench's arguments", () => {
  it("are two sizes without any, each with a hundredth as many customers", () => {
    expect(readLakeOptions([])).toMatchObject({ events: [1_000_000, 10_000_000], customers: null, directory: null });
  });

  it("take sizes as powers of ten too", () => {
    expect(readLakeOptions(["--events", "2500,1e8", "--customers", "1e6"])).toMatchObject({
      events: [2_500, 100_000_000],
      customers: 1_000_000,
    });
  });

  it("ask for help", () => {
    expect(readLakeOptions(["--help"])).toBeNull();
  });

  it.each([
    [["--events", "many"], "--events"],
    [["--events", "1"], "--events"],
    [["--events", "1e8,"], "--events"],
    [["--customers", "9000000"], "--customers"],
    [["--seconds", "-1"], "--seconds"],
    [["--make-only"], "--make-only"],
  ])("say what is wrong with %j", (args, named) => {
    expect(() => readLakeOptions(args)).toThrow(named);
  });
});

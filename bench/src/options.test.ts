import { describe, expect, it } from "vitest";
import { phases, readOptions } from "./options.ts";

describe("the bench's arguments", () => {
  it("default to the full run", () => {
    expect(readOptions([])).toMatchObject({ profiles: [100_000, 1_000_000], afterEvents: 10_000_000, seconds: 30 });
    expect(readOptions([])?.phases).toEqual([...phases]);
  });

  it("are small with --quick, and what is said goes before", () => {
    expect(readOptions(["--quick"])).toMatchObject({ profiles: [20_000], afterEvents: 0, seconds: 10 });
    expect(readOptions(["--quick", "--profiles", "5,7", "--after-events=9"])).toMatchObject({
      profiles: [5, 7],
      afterEvents: 9,
    });
    expect(readOptions(["--phases", "reads"])?.phases).toEqual(["reads"]);
  });

  it("ask for help", () => {
    expect(readOptions(["--help", "--quick"])).toBeNull();
  });

  it.each([
    [["--profiles", "0"], "--profiles"],
    [["--profiles", "10,,"], "--profiles"],
    [["--seconds", "1.5"], "--seconds"],
    [["--seconds", "-1"], "--seconds"],
    [["--after-events", "1e7"], "--after-events"],
    [["--phases", "load,all"], "--phases"],
    [["--fast"], "--fast"],
    [["more"], "more"],
  ])("refuse %j and say which is wrong", (args, named) => {
    expect(() => readOptions(args)).toThrow(named);
  });
});

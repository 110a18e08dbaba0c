import { describe, expect, it } from "vitest";
import { connectionLimit, openFilesLimit } from "./connectionLimit.ts";

describe("the bound on open connections", () => {
  it("leaves half of the files to the data directory, and is never without bound", () => {
    expect([64, 1_024, 524_288].map(connectionLimit)).toEqual([32, 512, 10_000]);
    expect(connectionLimit(8)).toBe(16);
    expect(connectionLimit(null)).toBe(10_000);
  });

  it("knows what this process may open", () => {
    const limit = openFilesLimit();
    expect(limit === null || limit >= 64).toBe(true);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diskUse } from "./diskUse.ts";

describe("diskUse", () => {
  it("adds up what lies under each entry", () => {
    const directory = mkdtempSync(join(tmpdir(), "c360-bench-"));
    try {
      mkdirSync(join(directory, "log", "deep"), { recursive: true });
      writeFileSync(join(directory, "log", "deep", "a"), Buffer.alloc(100_000, 1));
      writeFileSync(join(directory, "log", "b"), Buffer.alloc(50_000, 1));
      writeFileSync(join(directory, "state"), "");
      const { log = 0, state } = diskUse(directory);
      expect(log).toBeGreaterThanOrEqual(150_000);
      expect(log).toBeLessThan(200_000);
      expect(state).toBe(0);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

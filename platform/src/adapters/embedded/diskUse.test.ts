import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { diskUse } from "./diskUse.ts";

it("sums what each entry of a directory takes, with all below it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "c360-disk-use-"));
  try {
    mkdirSync(join(directory, "log/deep"), { recursive: true });
    writeFileSync(join(directory, "log/a"), Buffer.alloc(100_000, 1));
    writeFileSync(join(directory, "log/deep/b"), Buffer.alloc(300_000, 1));
    writeFileSync(join(directory, "state.sqlite"), Buffer.alloc(50_000, 1));
    const { entries, freeBytes, totalBytes } = await diskUse(directory);
    expect([...entries.keys()].toSorted()).toEqual(["log", "state.sqlite"]);
    expect(entries.get("log")).toBeGreaterThanOrEqual(400_000);
    expect(entries.get("log")).toBeLessThan(500_000);
    expect(entries.get("state.sqlite")).toBeGreaterThanOrEqual(50_000);
    expect(freeBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
  } finally {
    rmSync(directory, { recursive: true });
  }
  await expect(diskUse(join(directory, "gone"))).rejects.toMatchObject({ code: "ENOENT" });
});

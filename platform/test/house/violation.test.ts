import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTree } from "./tree.ts";
import { excuse, type Violation } from "./violation.ts";

const violation: Violation = { rule: "function-length", file: "a.ts", line: 7, subject: "fold", message: "too long" };
const reason = "a table of transitions, read as one";

describe("exceptions", () => {
  it("excuse exactly what they name", () => {
    const exception = { rule: "function-length", file: "a.ts", subject: "fold", reason } as const;
    expect(excuse([violation], [exception])).toEqual([]);
    const other = { ...violation, subject: "unfold" };
    expect(excuse([violation, other], [exception])).toEqual([other]);
  });

  it("fail when they are no longer needed, or say no reason", () => {
    const exception = { rule: "function-length", file: "a.ts", subject: "fold", reason } as const;
    expect(excuse([], [exception])).toEqual([expect.objectContaining({ file: "a.ts" })]);
    expect(excuse([violation], [{ ...exception, reason: "long" }])).toHaveLength(1);
  });
});

describe("reading a tree", () => {
  it("finds every file but what is not ours, and folders without files", () => {
    const root = mkdtempSync(join(tmpdir(), "c360-house-"));
    try {
      for (const folder of [
        "platform/src/model",
        "platform/src/attic/deep",
        "node_modules/x",
        "platform/node_modules/y",
        "data",
      ])
        mkdirSync(join(root, folder), { recursive: true });
      for (const path of [
        "platform/src/model/a.ts",
        "node_modules/x/b.ts",
        "platform/node_modules/y/c.ts",
        "data/d.json",
        "e.md",
      ])
        writeFileSync(join(root, path), `// ${path}`);
      const tree = readTree(root);
      expect([...tree.paths].sort()).toEqual(["e.md", "platform/src/model/a.ts"]);
      expect(tree.emptyFolders).toEqual(["platform/src/attic/deep", "platform/src/attic"]);
      expect(tree.text("e.md")).toBe("// e.md");
      expect(tree.text("gone.md")).toBeNull();
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDependencies, checkIndex, checkLinks } from "./documents.ts";
import { exceptions } from "./exceptions.ts";
import { checkImports } from "./importTable.ts";
import { checkPromises } from "./promises.ts";
import { checkShape } from "./shape.ts";
import { parseTree } from "./sourceFile.ts";
import { readTree } from "./tree.ts";
import { excuse, format } from "./violation.ts";

const root = join(import.meta.dirname, "../../..");
const tree = readTree(root);
const sources = parseTree(tree);

function licenceOf(name: string): string | null {
  const manifest = join(root, "node_modules", name, "package.json");
  if (!existsSync(manifest)) return null;
  const { license }: { license?: string } = JSON.parse(readFileSync(manifest, "utf8"));
  return license ?? null;
}

describe("the house", () => {
  it("is scanned: a check that saw nothing proves nothing", () => {
    expect(sources.filter(({ isTest }) => !isTest).length).toBeGreaterThan(30);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(100);
    expect(sources.flatMap(({ functions }) => functions).length).toBeGreaterThan(100);
  });

  it("keeps its rules", () => {
    const violations = [
      ...checkImports(tree, sources),
      ...checkShape(tree, sources),
      ...checkPromises(tree, sources),
      ...checkLinks(tree),
      ...checkIndex(tree),
      ...checkDependencies(tree, licenceOf),
    ];
    expect(excuse(violations, exceptions).map(format).sort().join("\n")).toBe("");
  });
});

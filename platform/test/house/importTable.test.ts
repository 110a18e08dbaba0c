import { describe, expect, it } from "vitest";
import { checkImports, importTable, roomOf } from "./importTable.ts";
import { parseTree } from "./sourceFile.ts";
import { treeOf } from "./tree.ts";
import { format } from "./violation.ts";

const src = "platform/src";
/** Somewhere to import from: a face and an inner file in every room, and what else the cases need. */
const house: Record<string, string> = {
  "platform/package.json": `{"name": "@c360/platform"}`,
  [`${src}/ingestion/pipeline.test.ts`]: `import { it } from "vitest";`,
  [`${src}/ingestion/generators.ts`]: `import fc from "fast-check";`,
  [`${src}/stray.ts`]: "",
};
for (const room of Object.keys(importTable).filter((room) => room !== "bin")) {
  house[`${src}/${room}/index.ts`] = "export const face = 1;";
  house[`${src}/${room}/inner.ts`] = "export const inner = 1;";
}

/** What the checker says of one more file in the house. */
function verdict(path: string, text: string): string[] {
  const tree = treeOf({ ...house, [path]: text });
  return checkImports(tree, parseTree(tree)).map(format);
}

describe("who may import whom", () => {
  it("has nothing against an empty house", () => {
    const tree = treeOf(house);
    expect(checkImports(tree, parseTree(tree))).toEqual([]);
  });

  it("knows a file's room, adapters by edition", () => {
    expect(roomOf(`${src}/identity/linkage/em.ts`)).toBe("identity");
    expect(roomOf(`${src}/adapters/embedded/log/segment.ts`)).toBe("adapters/embedded");
    expect(roomOf("platform/bin/c360.js")).toBe("bin");
    expect(roomOf(`${src}/stray.ts`)).toBeNull();
    expect(roomOf("bench/src/main.ts")).toBeNull();
  });

  it.each([
    ["gateway", "model/inner.ts"],
    ["gateway", "buffer/inner.ts"],
    ["gateway", "governance/index.ts"],
    ["ingestion", "identity/inner.ts"],
    ["ingestion", "profiles/inner.ts"],
    ["processing", "identity/inner.ts"],
    ["api", "identity/index.ts"],
    ["analytics", "profiles/index.ts"],
    ["storage", "buffer/inner.ts"],
    ["adapters/embedded", "profiles/index.ts"],
    ["adapters/aws", "storage/inner.ts"],
    ["runtime", "adapters/aws/inner.ts"],
    ["runtime", "gateway/inner.ts"],
    ["cli", "runtime/inner.ts"],
  ])("lets %s import %s", (room, target) => {
    expect(verdict(`${src}/${room}/new.ts`, `import { inner } from "@c360/platform/src/${target}";`)).toEqual([]);
  });

  it.each([
    ["model", "storage/inner.ts", "model may not import storage"],
    ["buffer", "storage/inner.ts", "buffer may not import storage"],
    ["gateway", "ingestion/inner.ts", "gateway may not import ingestion"],
    ["gateway", "identity/index.ts", "gateway may not import identity"],
    ["gateway", "governance/inner.ts", "gateway may import only the public face of governance"],
    ["identity", "profiles/index.ts", "identity may not import profiles"],
    ["processing", "profiles/index.ts", "processing may not import profiles"],
    ["api", "identity/inner.ts", "api may import only the public face of identity"],
    ["importing", "gateway/inner.ts", "importing may not import gateway"],
    ["storage", "adapters/embedded/inner.ts", "storage may not import adapters/embedded"],
    ["adapters/embedded", "adapters/aws/inner.ts", "adapters/embedded may not import adapters/aws"],
    ["adapters/aws", "adapters/embedded/index.ts", "adapters/aws may not import adapters/embedded"],
    ["adapters/aws", "profiles/index.ts", "adapters/aws may not import profiles"],
    ["adapters/embedded", "profiles/inner.ts", "adapters/embedded may import only the public face of profiles"],
    ["api", "runtime/inner.ts", "api may not import runtime"],
    ["runtime", "cli/inner.ts", "runtime may not import cli"],
    ["cli", "adapters/embedded/inner.ts", "cli may not import adapters/embedded"],
  ])("does not let %s import %s", (room, target, reason) => {
    const [only, ...more] = verdict(`${src}/${room}/new.ts`, `\nimport { inner } from "@c360/platform/src/${target}";`);
    expect(only).toContain(`${src}/${room}/new.ts:2 [imports] ${reason}`);
    expect(more).toEqual([]);
  });

  it.each([
    ["a type", `import type { Inner } from "../storage/inner.ts";`],
    ["one type among values", `import { type Inner } from "../storage/inner.ts";`],
    ["for its effect", `import "../storage/inner.ts";`],
    ["all of it", `import * as all from "../storage/inner.ts";`],
    ["re-exporting all", `export * from "../storage/inner.ts";`],
    ["re-exporting a name", `export { inner } from "../storage/inner.ts";`],
    ["dynamically", `const inner = await import("../storage/inner.ts");`],
    ["dynamically, in a template", "const inner = await import(`../storage/inner.ts`);"],
    ["in a type", `type Inner = import("../storage/inner.ts").Inner;`],
    ["by require", `const inner = require("../storage/inner.ts");`],
    ["by import =", `import inner = require("../storage/inner.ts");`],
    ["by import.meta.resolve", `const path = import.meta.resolve("../storage/inner.ts");`],
    ["as a worker", `new Worker(new URL("../storage/inner.ts", import.meta.url));`],
    ["as a worker's URL, apart", `const file = new URL("../storage/inner.ts", import.meta.url);`],
    ["by a way round", `import { inner } from "../identity/../storage/./inner.ts";`],
  ])("sees an import %s", (_how, text) => {
    expect(verdict(`${src}/model/new.ts`, text)).toEqual([
      `${src}/model/new.ts:1 [imports] model may not import storage (${src}/storage/inner.ts)`,
    ]);
  });

  it("is not fooled by comments and strings", () => {
    const text = `// import "../storage/inner.ts"\nconst text = 'import "../storage/inner.ts"';`;
    expect(verdict(`${src}/model/new.ts`, text)).toEqual([]);
  });

  it.each([
    ["import(name)", `import(name);`],
    ["a hole in a template", "import(`../${room}/inner.ts`);"],
    ["a worker by path", `new Worker(join(import.meta.dirname, "worker.ts"));`],
    ["a worker by text", `new Worker("./worker.ts");`],
  ])("refuses what it cannot follow: %s", (_what, text) => {
    expect(verdict(`${src}/runtime/new.ts`, text)).toEqual([expect.stringContaining("something computed")]);
  });

  it("refuses imports of what is not there, in tests too", () => {
    expect(verdict(`${src}/model/new.ts`, `import "./gone.ts";`)).toEqual([expect.stringContaining("is no file")]);
    expect(verdict(`${src}/model/new.ts`, `import "../model/inner";`)).toEqual([expect.stringContaining("is no file")]);
    expect(verdict(`${src}/model/new.test.ts`, `import "./gone.ts";`)).toEqual([expect.stringContaining("is no file")]);
  });

  it("keeps tests, and what is written for them, out of production", () => {
    const text = `import "./pipeline.test.ts";\nimport "./generators.ts";`;
    expect(verdict(`${src}/ingestion/new.ts`, text)).toHaveLength(2);
    expect(verdict(`${src}/ingestion/new.test.ts`, text)).toEqual([]);
  });

  it("lets tests and bench import anything, production outside of the rooms nothing", () => {
    const text = `import "@c360/platform/src/runtime/inner.ts";`;
    expect(verdict(`${src}/model/new.test.ts`, text)).toEqual([]);
    expect(verdict("platform/test/new.ts", text)).toEqual([]);
    expect(verdict("bench/src/new.ts", text)).toEqual([]);
    expect(verdict(`${src}/new.ts`, text)).toEqual([expect.stringContaining("stands outside of the rooms")]);
    expect(verdict(`${src}/runtime/new.ts`, `import "../stray.ts";`)).toEqual([
      expect.stringContaining("which stands outside"),
    ]);
  });

  it("knows every room: a new one needs a line in the table", () => {
    expect(verdict(`${src}/attic/new.ts`, `import "../model/inner.ts";`)).toEqual([
      expect.stringContaining("attic, that the import table does not know"),
    ]);
  });

  it.each(["@duckdb/node-api", "node:sqlite", "classic-level", "@aws-sdk/client-sqs"])(
    "keeps %s in adapters",
    (name) => {
      const text = `import type { Thing } from "${name}";`;
      expect(verdict(`${src}/runtime/new.ts`, text)).toEqual([expect.stringContaining(`[engines] imports ${name}`)]);
      expect(verdict(`${src}/adapters/embedded/new.ts`, text)).toEqual([]);
    },
  );

  it("keeps the model from input and output", () => {
    expect(verdict(`${src}/model/new.ts`, `import { readFile } from "node:fs/promises";`)).toHaveLength(1);
    expect(verdict(`${src}/model/new.ts`, `import { createHmac } from "node:crypto";`)).toEqual([]);
  });
});

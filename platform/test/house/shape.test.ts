import { describe, expect, it } from "vitest";
import { checkShape, maxFunctionLines, maxSourceLines, maxTestLines } from "./shape.ts";
import { parseTree } from "./sourceFile.ts";
import { treeOf } from "./tree.ts";
import { format } from "./violation.ts";

function verdict(path: string, text: string, emptyFolders: readonly string[] = []): string[] {
  const tree = treeOf({ [path]: text }, emptyFolders);
  return checkShape(tree, parseTree(tree)).map(format);
}

const source = "platform/src/model/event.ts";
const test = "platform/src/model/event.test.ts";
const lines = (count: number): string => "work();\n".repeat(count);
/** A function of exactly `count` lines. */
const body = (count: number): string => `{\n${lines(count - 2)}}`;

describe("how long things may be", () => {
  it("takes a file of the most lines and refuses one more", () => {
    expect(verdict(source, lines(maxSourceLines))).toEqual([]);
    expect(verdict(source, lines(maxSourceLines + 1))).toEqual([
      `${source}:401 [file-length] has 401 lines, most 400: split it`,
    ]);
    expect(verdict(source, `${lines(maxSourceLines)}work();`)).toHaveLength(1);
    expect(verdict(test, lines(maxTestLines))).toEqual([]);
    expect(verdict(test, lines(maxTestLines + 1))).toHaveLength(1);
  });

  it.each([
    ["a declaration", "fold", (text: string) => `function fold() ${text}`],
    ["an exported one", "fold", (text: string) => `export async function fold() ${text}`],
    ["an arrow", "fold", (text: string) => `const fold = () => ${text};`],
    ["a function expression", "fold", (text: string) => `const fold = function () ${text};`],
    ["a property", "fold", (text: string) => `const folder = { fold: () => ${text} };`],
    ["a short method", "fold", (text: string) => `const folder = { fold() ${text} };`],
    ["a class's method", "fold", (text: string) => `class Folder { fold() ${text} }`],
    ["a constructor", "constructor", (text: string) => `class Folder { constructor() ${text} }`],
    ["one without a name", "line 1", (text: string) => `start(() => ${text});`],
  ])("measures %s", (_what, name, write) => {
    expect(verdict(source, write(body(maxFunctionLines)))).toEqual([]);
    expect(verdict(source, write(body(maxFunctionLines + 1)))).toEqual([
      `${source}:1 [function-length] function ${name} has 71 lines, most 70: split it`,
    ]);
  });

  it("does not count a suite as a function, but its tests", () => {
    expect(verdict(test, `describe("x", () => ${body(90)});`)).toEqual([]);
    expect(verdict(test, `describe.each([1])("x", () => ${body(90)});`)).toEqual([]);
    expect(verdict(test, `export function contract() {\ndescribe("x", () => ${body(90)});\n}`)).toEqual([]);
    expect(verdict(test, `function reading() {\nit("x", () => ${body(60)});\n${lines(60)}}`)).toEqual([]);
    expect(verdict(test, `it("x", () => ${body(90)});`)).toHaveLength(1);
    expect(verdict(test, `describe("x", () => {\nit("y", () => ${body(90)});\n});`)).toHaveLength(1);
    expect(verdict(source, `function report() {\ndescribe("x");\n${lines(90)}}`)).toHaveLength(1);
  });
});

describe("how things are written", () => {
  it.each([
    "platform/src/model/utils.ts",
    "platform/src/model/dateUtils.ts",
    "platform/src/model/test-helpers.ts",
    "platform/src/common/event.ts",
    "bench/src/LoadManager.ts",
    "docs/misc.md",
  ])("refuses the name %s", (path) => {
    expect(verdict(path, "")).toEqual([expect.stringContaining("[file-name]")]);
  });

  it.each(["platform/src/model/commonality.ts", "platform/src/model/managerial.ts", "LICENSE"])("takes %s", (path) => {
    expect(verdict(path, "")).toEqual([]);
  });

  it.each(["export default 1;", "export default function fold() {}", "const a = 1;\nexport { a as default };"])(
    "refuses a default export: %s",
    (text) => {
      expect(verdict(source, text)).toEqual([expect.stringContaining("[default-export]")]);
      expect(verdict("vitest.config.ts", text)).toEqual([]);
    },
  );

  it("refuses barrels, but a room's public face", () => {
    const text = `export * from "./a.ts";\nexport { b } from "./b.ts";`;
    expect(verdict("platform/src/identity/everything.ts", text)).toHaveLength(1);
    expect(verdict("platform/src/identity/linkage/index.ts", text)).toHaveLength(1);
    expect(verdict("platform/src/identity/linkage/index.ts", "export const a = 1;")).toHaveLength(1);
    expect(verdict("platform/src/identity/index.ts", text)).toEqual([]);
    expect(verdict("platform/src/adapters/embedded/index.ts", text)).toEqual([]);
    expect(verdict("platform/src/identity/resolve.ts", `export * from "./a.ts";\nexport const b = 1;`)).toEqual([]);
  });

  it("refuses a double cast", () => {
    expect(verdict(source, "const a = b as unknown as C;")).toEqual([expect.stringContaining("[cast]")]);
    expect(verdict(source, "const a = b as C;")).toEqual([]);
  });

  it.each(["TODO", "FIXME", "XXX"])("refuses work left in a comment: %s", (word) => {
    expect(verdict(source, `// ${word}: later`)).toHaveLength(1);
    expect(verdict(source, `const a = "${word}";`)).toEqual([]);
  });

  it.each(["it.skip", "it.only", "describe.skip", "test.todo", "it.skip.each([1])", "describe.only.each`a`"])(
    "refuses a test that is switched off or switches others off: %s",
    (call) => {
      expect(verdict(test, `${call}("x", () => {});`)).toEqual([expect.stringContaining("[switched-off-test]")]);
    },
  );

  it("refuses what does not parse, instead of seeing nothing in it", () => {
    expect(verdict(source, "export const = 1;")).toEqual([expect.stringContaining("[syntax]")]);
  });

  it("refuses empty folders", () => {
    expect(verdict(source, "", ["platform/src/attic"])).toEqual([
      "platform/src/attic:1 [empty-folder] is empty: rooms appear when something lives in them",
    ]);
  });
});

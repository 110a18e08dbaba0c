import { describe, expect, it } from "vitest";
import { checkDependencies, checkIndex, checkLinks } from "./documents.ts";
import { checkPromises } from "./promises.ts";
import { parseTree } from "./sourceFile.ts";
import { treeOf } from "./tree.ts";
import { format } from "./violation.ts";

describe("links", () => {
  const verdict = (text: string): string[] =>
    checkLinks(treeOf({ "docs/a.md": text, "docs/b.md": "# What's new, today\n## Two\n## Two", LICENSE: "" })).map(
      format,
    );

  it.each([
    "[b](b.md)",
    "[b](./b.md#whats-new-today)",
    "[b](b.md#two-1)",
    "[up](../LICENSE)",
    "[folder](../docs)",
    "[web](https://example.com/x) [mail](mailto:a@example.com)",
    "# Here\n[self](#here)",
    "`[code](gone.md)`",
    "```md\n[fence](gone.md)\n```",
  ])("takes %s", (text) => {
    expect(verdict(text)).toEqual([]);
  });

  it.each([
    ["[b](gone.md)", "leads to gone.md, which is not there"],
    ["![b](gone.png)", "leads to gone.png"],
    ["[b](LICENSE)", "leads to LICENSE"],
    ["[b]: gone.md", "leads to gone.md"],
    [`<a href="gone.md">b</a>`, "leads to gone.md"],
    ["[b](b.md#three)", "a heading that docs/b.md does not have"],
    ["```\n```\n[b](gone.md)", "docs/a.md:3 [link]"],
  ])("refuses %s", (text, reason) => {
    expect(verdict(text)).toEqual([expect.stringContaining(reason)]);
  });
});

describe("the index of the guides", () => {
  it("names those that it leaves out", () => {
    const files = { "docs/README.md": "[a](a.md#one) [b](formats/b.md)", "docs/a.md": "", "docs/formats/b.md": "" };
    expect(checkIndex(treeOf(files))).toEqual([]);
    expect(checkIndex(treeOf({ ...files, "docs/c.md": "" })).map(format)).toEqual([
      "docs/c.md:1 [link] no link in docs/README.md leads here",
    ]);
  });
});

describe("dependencies", () => {
  const row = (name: string): string => `| \`${name}\` | MIT | says in one line why it is here |`;
  const verdict = (document: string): string[] =>
    checkDependencies(
      treeOf({
        "package.json": `{"devDependencies": {"vitest": "4.0.0"}}`,
        "platform/package.json": `{"dependencies": {"fastify": "5.0.0"}}`,
        "bench/package.json": `{"dependencies": {"@c360/platform": "0.1.0"}}`,
        "docs/dependencies.md": document,
      }),
      () => "MIT",
    ).map(format);

  it("takes a line for each", () => {
    expect(verdict(`${row("vitest")}\n${row("fastify")}`)).toEqual([]);
  });

  it.each([
    [row("vitest"), "fastify has no line of reason"],
    [`${row("vitest")}\n${row("fastify")}\n${row("express")}`, "docs/dependencies.md:3 [dependency] express is in no"],
    [`${row("vitest")}\n| \`fastify\` | MIT | |`, "fastify needs a reason"],
    [`${row("vitest")}\n${row("fastify").replace("MIT", "ISC")}`, "fastify is under MIT, not ISC"],
  ])("refuses %s", (document, reason) => {
    expect(verdict(document)).toEqual([expect.stringContaining(reason)]);
  });
});

describe("promises made and tested", () => {
  const made =
    "## Promises\n1. **A.** …\n2. **B.** …\n3. **C.** …\n4. **D.** …\n5. **E.** …\n6. **F.** … *(planned)*\n9. **I.** …\n";
  const tests = (...numbers: number[]): string =>
    numbers.map((number) => `describe("Promise ${number}: kept", () => {});`).join("\n");
  const verdict = (document: string, test: string): string[] => {
    const tree = treeOf({ "docs/concepts.md": document, "platform/src/model/a.test.ts": test });
    return checkPromises(tree, parseTree(tree)).map(format);
  };

  it("agree", () => {
    expect(verdict(made, tests(1, 2, 3, 4, 5, 9))).toEqual([]);
  });

  it("differ by a promise without a test", () => {
    expect(verdict(made, tests(1, 2, 4, 5, 9))).toEqual([
      `docs/concepts.md:4 [promise] no test is named "Promise 3: …"`,
    ]);
  });

  it("are not held by a comment or a variable", () => {
    expect(verdict(made, `${tests(1, 2, 4, 5, 9)}\n// Promise 3: x\nconst a = "Promise 3: x";`)).toHaveLength(1);
  });

  it("differ by a test without a promise", () => {
    expect(verdict(made, `${tests(1, 2, 3, 4, 5, 9)}\n${tests(11)}`)).toEqual([
      "platform/src/model/a.test.ts:7 [promise] names no promise that is made: Promise 11: kept",
    ]);
    expect(verdict(made, `${tests(1, 2, 3, 4, 5, 9)}\nit("promise 3 is kept", () => {});`)).toHaveLength(1);
  });

  it("cannot be withdrawn quietly", () => {
    expect(verdict(made.replace("3. **C.** …", "3. **C.** … *(planned)*"), tests(1, 2, 4, 5, 9))).toHaveLength(1);
    expect(verdict("", tests())).toHaveLength(6);
  });
});

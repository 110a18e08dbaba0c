import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { cloudPackages, dependencyTree, type LockFile } from "./editions.ts";
import { parseTree } from "./sourceFile.ts";
import { readTree } from "./tree.ts";

const root = join(import.meta.dirname, "../../..");
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as LockFile;
const cloudIn = (folder: string): string[] =>
  [...dependencyTree(lock, folder)].filter((name) => cloudPackages.test(name));

describe("the embedded edition", () => {
  it("brings no cloud SDK, not even for its tests", () => {
    expect(dependencyTree(lock, "platform").size).toBeGreaterThan(100);
    expect(dependencyTree(lock, "platform")).toContain("fastify");
    for (const folder of ["platform", "bench", "console", ""]) expect(cloudIn(folder)).toEqual([]);
    // The check sees one where it is.
    expect(cloudIn("platform/src/adapters/aws")).toContain("@aws-sdk/client-dynamodb");
  });

  it("follows nested packages, links and optional ones", () => {
    const made: LockFile = {
      packages: {
        platform: { dependencies: { a: "1" } },
        "node_modules/a": { optionalDependencies: { b: "1" } },
        "node_modules/a/node_modules/b": { peerDependencies: { linked: "1" } },
        "node_modules/b": { dependencies: { never: "1" } },
        "node_modules/linked": { link: true, resolved: "other" },
        other: { dependencies: { "@aws-sdk/client-s3": "1" }, devDependencies: { never: "1" } },
        "node_modules/@aws-sdk/client-s3": {},
        "node_modules/never": {},
      },
    };
    expect([...dependencyTree(made, "platform")]).toEqual(["a", "b", "linked", "@aws-sdk/client-s3"]);
  });

  it("loads nothing of the AWS adapters, from its command line and its server on", () => {
    const sources = new Map(parseTree(readTree(root)).map((source) => [source.path, source]));
    const reached = new Set<string>();
    const waiting = ["platform/src/cli/main.ts", "platform/src/runtime/embedded.ts"];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const source = sources.get(path);
      if (reached.has(path) || source === undefined) continue;
      reached.add(path);
      const from = posix.dirname(path);
      for (const { specifier } of source.imports) {
        if (specifier?.startsWith(".") === true) waiting.push(posix.join(from, specifier));
      }
    }
    expect(reached.size).toBeGreaterThan(300);
    expect([...reached].filter((path) => path.startsWith("platform/src/adapters/aws/"))).toEqual([]);
  });
});

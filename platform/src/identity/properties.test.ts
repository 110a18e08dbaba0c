import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const platform = join(import.meta.dirname, "../..");
const guide = readFileSync(join(platform, "../docs/identity.md"), "utf8");

/** Erasure is not there yet. */
const later: readonly number[] = [15];

function namedByTests(): Set<number> {
  const files = globSync(["src/**/*.test.ts", "test/**/*.test.ts"], { cwd: platform });
  expect(files.length).toBeGreaterThan(100);
  const texts = files.map((file) => readFileSync(join(platform, file), "utf8"));
  const names = texts.flatMap((text) => [...text.matchAll(/Identity propert(?:y|ies) (\d+(?:, \d+)*)/g)]);
  return new Set(names.flatMap((name) => (name[1] ?? "").split(", ").map(Number)));
}

describe("the properties of identity resolution", () => {
  const promised = [...guide.matchAll(/^(\d+)\. \*\*/gm)].map((line) => Number(line[1]));

  it("are nineteen in the guide, one after the other", () => {
    expect(promised).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
  });

  it("have each a test that names its number, and no test names another", () => {
    const expected = promised.filter((number) => !later.includes(number));
    expect([...namedByTests()].toSorted((a, b) => a - b)).toEqual(expected);
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mutations } from "./mutations.ts";

it.each(mutations)("$name: what it changes stands once in $file", ({ file, from }) => {
  const source = readFileSync(join(import.meta.dirname, "../../src", file), "utf8");
  expect(source.split(from)).toHaveLength(2);
});

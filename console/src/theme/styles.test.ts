import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "..");

/** The classes that a sheet's rules begin with: what they may touch anywhere in the console. */
function rootsOf(css: string): Set<string> {
  const rules = css.replaceAll(/\/\*.*?\*\//gs, "").matchAll(/([^{}]+)\{/g);
  const selectors = [...rules].flatMap(([, list = ""]) => list.split(","));
  return new Set(selectors.flatMap((selector) => /^\s*\.([\w-]+)/.exec(selector)?.[1] ?? []));
}

it("no page's style sheet reaches into another page: both stay loaded", () => {
  const owners = new Map<string, string[]>();
  for (const file of globSync("**/*.css", { cwd: folder })) {
    for (const root of rootsOf(readFileSync(join(folder, file), "utf8"))) {
      owners.set(root, [...(owners.get(root) ?? []), basename(file)]);
    }
  }
  const shared = [...owners].filter(([, files]) => files.length > 1);
  expect(shared).toEqual([]);
});

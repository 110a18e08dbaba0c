import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { mutations, nothingChanged, type Tried } from "../mutation/mutations.ts";

const run = promisify(execFile);
const platform = join(import.meta.dirname, "../..");
const maxTriedMs = 600_000;

let tried: Tried[];
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "c360-mutation-"));
  try {
    const file = join(folder, "tried.json");
    const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$)/.test(name));
    const env = Object.fromEntries(own);
    await run(process.execPath, [join(platform, "test/mutation/tryAll.ts"), file], { cwd: platform, env });
    tried = JSON.parse(readFileSync(file, "utf8")) as Tried[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, maxTriedMs);

/** Full names of the tests that passed and that failed, with the fault of that name. */
function triedWith(name: string): { passed: string[]; failed: string[] } {
  const own = tried.filter(({ mutation }) => mutation === name);
  return { passed: own.flatMap(({ passed }) => passed), failed: own.flatMap(({ failed }) => failed) };
}

function propertiesIn(names: readonly string[]): Set<number> {
  const found = names.flatMap((name) => [...name.matchAll(/Identity propert(?:y|ies) (\d+(?:, \d+)*)/g)]);
  return new Set(found.flatMap((match) => (match[1] ?? "").split(", ").map(Number)));
}

describe("the properties of identity resolution find faults", () => {
  it("and none where there is none", () => {
    const { passed, failed } = triedWith(nothingChanged);
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(100);
  });

  it.each(mutations)("$name", ({ name, file, from, breaks }) => {
    expect(readFileSync(join(platform, "src", file), "utf8").split(from)).toHaveLength(2);
    const { failed } = triedWith(name);
    const found = propertiesIn(failed);
    expect(
      breaks.some((property) => found.has(property)),
      `failed: ${failed.join("; ") || "nothing"}`,
    ).toBe(true);
  });
});

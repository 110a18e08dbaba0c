import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";
import { placesOfErrors, stackInSources } from "./stackInSources.ts";

const folder = mkdtempSync(join(tmpdir(), "c360-stacks-"));
const url = (name: string): string => pathToFileURL(join(folder, name)).href;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  writeFileSync(
    join(folder, "fold.ts"),
    "export interface Fold {}\n\nexport function fold(): never {\n  throw new Error('broken');\n}\n",
  );
  writeFileSync(join(folder, "main.ts"), 'import { fold } from "./fold.ts";\n\n\nexport const run = () => fold();\n');
  const build = await rolldown({ input: join(folder, "main.ts"), tsconfig: false });
  const minify = { compress: false, mangle: false, codegen: true };
  await build.write({ file: join(folder, "bundled.js"), sourcemap: true, sourcemapExcludeSources: true, minify });
});

/** As V8 writes it of what stands in the bundle. */
function frame(name: string, code: string): string {
  const lines = readFileSync(join(folder, "bundled.js"), "utf8").split("\n");
  const line = lines.findIndex((text) => text.includes(code));
  return `    at ${name} (${url("bundled.js")}:${line + 1}:${(lines[line]?.indexOf(code) ?? 0) + 1})`;
}

it("names the sources of what a bundle threw, and leaves other places as they are", () => {
  const node = "    at process.processTicksAndRejections (node:internal/process/task_queues:104:5)";
  const stack = ["Error: broken", frame("fold", "new Error"), frame("run", "fold();"), node].join("\n");
  const inSources = [
    "Error: broken",
    `    at fold (${url("fold.ts")}:4:9)`,
    `    at run (${url("main.ts")}:4:26)`,
    node,
  ];
  expect(stackInSources(stack)).toBe(inSources.join("\n"));
  const thrownAt = placesOfErrors();
  for (let time = 0; time < 2; time++) {
    expect(thrownAt(Object.assign(new Error("broken"), { stack }))).toBe(`at fold (${url("fold.ts")}:4:9)`);
  }
});

it("leaves a trace as it is where there is no map, or none that can be read", () => {
  writeFileSync(join(folder, "torn.js"), "");
  writeFileSync(join(folder, "torn.js.map"), '{"version": 3, "mapp');
  const stack = `Error: x\n    at a (${url("none.js")}:1:2)\n    at b (${url("torn.js")}:3:4)\n    at node:internal:5:6`;
  expect(stackInSources(stack)).toBe(stack);
  const error = new Error("no frames");
  delete error.stack;
  expect(placesOfErrors()(error)).toBe("");
});

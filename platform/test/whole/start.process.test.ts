import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const source = join(import.meta.dirname, "../../src");

/** Loads a module, and prints of which packages files were loaded with it. */
const listing = String.raw`
import { registerHooks } from "node:module";
const packages = new Set();
registerHooks({
  load(url, context, next) {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});
await import(process.argv[1]);
process.stdout.write(JSON.stringify([...packages].sort()));
`;

async function packagesOf(file: string): Promise<string[]> {
  const address = pathToFileURL(join(source, file)).href;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", listing, address]);
  return JSON.parse(stdout) as string[];
}

/** A progress bar, and how wide a text is. */
const bar = ["cli-progress", "ansi-regex", "emoji-regex", "is-fullwidth-code-point", "string-width", "strip-ansi"];

// A package that nobody notices among the imports of what every start has can double the time that it takes.
it.each([
  ["a verb that asks a running server", "cli/main.ts", ["commander", ...bar]],
  ["what all threads know of who is who", "identity/index.ts", ["re2js"]],
  ["what all threads know of profiles", "profiles/index.ts", []],
])("%s has no package at its start but those that it cannot do without", async (_, file, allowed) => {
  const found = await packagesOf(file);
  expect(found.filter((name) => !allowed.includes(name))).toEqual([]);
});

it("whoever answers requests has the library of its routes: packages are seen", async () => {
  expect(await packagesOf("api/server.ts")).toEqual(expect.arrayContaining(["fastify", "typebox"]));
});

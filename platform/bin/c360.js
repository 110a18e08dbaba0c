#!/usr/bin/env node
// JavaScript, not TypeScript: what loads before the compile cache is on would be stripped of types at each start, and
// the program that strips takes longer to load than the shortest verbs run.
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { freshBundle } from "./freshBundle.js";

const root = join(import.meta.dirname, "../..");
const bundle = freshBundle(root);

// What is run is compiled once, not at each start: a start takes half as long. Threads know of it by the environment
// only. What was compiled of a bundle goes with it.
const cache = bundle === null ? "node_modules/.cache/c360" : `${bundle.folder}/.cache`;
process.env["NODE_COMPILE_CACHE"] ??= join(root, cache);
enableCompileCache();

// Each thread collects its own young garbage, with the priority that it has: V8's helpers have that of those who take
// and decide events, also when they work for what follows them.
setFlagsFromString("--no-parallel-scavenge");

/** @type {typeof import("../src/cli/main.ts")} */
const { main } =
  bundle === null
    ? await import("../src/cli/main.ts")
    : await import(pathToFileURL(join(root, bundle.folder, bundle.entry)).href);

await main(process.argv.slice(2));

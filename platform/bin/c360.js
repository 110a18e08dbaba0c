#!/usr/bin/env node
// JavaScript, not TypeScript: what loads before the compile cache is on would be stripped of types at each start, and
// the program that strips takes longer to load than the shortest verbs run.
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";

// The sources are stripped of types and compiled once, not at each start: a start takes half as long. Threads know of it
// by the environment only.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "../../node_modules/.cache/c360");
enableCompileCache();
// Each thread collects its own young garbage, with the priority that it has: V8's helpers have that of those who take
// and decide events, also when they work for what follows them.
setFlagsFromString("--no-parallel-scavenge");
const { main } = await import("../src/cli/main.ts");

await main(process.argv.slice(2));

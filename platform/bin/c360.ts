#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// The sources are stripped of types and compiled once, not at each start: a start takes half as long. Threads know of it
// by the environment only.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "../../node_modules/.cache/c360");
enableCompileCache();
const { main } = await import("../src/cli/main.ts");

await main(process.argv.slice(2));

import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startStandIns } from "./startStandIns.ts";

const folder = join(import.meta.dirname, "../../../.standins");

/** Starts what stands in for AWS before the tests, and stops it after them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const names = process.env["C360_STAND_INS"];
  const startedAt = performance.now();
  const { standIns, stop } = await startStandIns(folder, names === undefined ? null : new Set(names.split(",")));
  for (const [name, state] of Object.entries(standIns)) {
    console.log("url" in state ? `${name}: ${state.url}` : `missing: ${name}: ${state.missing}`);
  }
  console.log(`stand-ins: ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  project.provide("standIns", standIns);
  return stop;
}

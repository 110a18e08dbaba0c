import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { faults } from "../simulation/faults.ts";

const run = promisify(execFile);
const entry = join(import.meta.dirname, "../simulation/withFault.ts");
/** Each fault is found long before: otherwise the simulation has lost its eye for it. */
const mostSchedules = 600;
const areAll = process.env["C360_SIMULATED_FAULTS"] === "all";

describe("the simulation of the platform finds faults", () => {
  it.each(faults.filter(({ isRare }) => areAll || isRare !== true))("$name", async ({ name, breaks }) => {
    const { stdout } = await run(process.execPath, [entry, name, String(mostSchedules)]);
    const found = JSON.parse(stdout) as { seed: number; rule: string; after: number } | null;
    expect(found, "nothing broke").not.toBeNull();
    expect(breaks).toContain(found?.rule);
  });
});

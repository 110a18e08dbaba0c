import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";

/** From npm's name to the program. */
const programs = {
  faults: "faults/main.ts",
  "every-write": "faults/everyWrite/main.ts",
  soak: "faults/soak.ts",
  overload: "faults/overload.ts",
  "simulate-platform": "simulation/main.ts",
} as const;

async function run(program: string, args: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, program), ...args]);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: code as number, stdout, stderr };
}

describe("a wrong argument", () => {
  it.for(Object.entries(programs))("of %s is one line and exit code 2", async ([, program]) => {
    for (const args of [["--seed", "many"], ["--no-such"], ["more"]]) {
      const { code, stdout, stderr } = await run(program, args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^error: .*(--seed|--no-such|more).*; --help tells what there is\n$/);
    }
  });

  it.for(Object.entries(programs))("of %s can be looked up", async ([name, program]) => {
    const { code, stdout } = await run(program, ["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^npm run ${name} -- \\[`));
  });

  it("names a kind of fault that is not there", async () => {
    const { code, stderr } = await run(programs.faults, ["--only", "kill,flood"]);
    expect(code).toBe(2);
    expect(stderr).toBe('error: --only: there is no kind "flood"; --help tells what there is\n');
  });
});

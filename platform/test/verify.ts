import { spawn } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/**
 * Scripts of package.json. Lanes run side by side, the checks of a lane one after the other: the unit tests take as long
 * as all the others.
 */
const lanes: readonly (readonly string[])[] = [["unit"], ["types", "lint", "format:check", "knip"]];

interface Outcome {
  check: string;
  isGood: boolean;
  /** All that it said. */
  output: string;
  seconds: number;
}

/** `npm run verify`: runs every check to its end, tells each as it ends, and what a failing one said. */
async function verify(): Promise<void> {
  const startedAt = performance.now();
  const outcomes = (await Promise.all(lanes.map(runLane))).flat();
  const failed = outcomes.filter(({ isGood }) => !isGood).map(({ check }) => check);
  const verdict = failed.length === 0 ? "all is well" : `FAILED: ${failed.join(", ")}`;
  process.stdout.write(`verify: ${verdict} (${secondsSince(startedAt).toFixed(0)} s)\n`);
  if (failed.length > 0) process.exitCode = 1;
}

async function runLane(checks: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const check of checks) {
    const outcome = await run(check);
    tell(outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

function run(check: string): Promise<Outcome> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--run", check], {
      cwd: root,
      env: { ...process.env, C360_PROPERTY_RUNS: "quick" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const take = (text: string): void => {
      output += text;
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", reject);
    child.on("close", (code) => resolve({ check, isGood: code === 0, output, seconds: secondsSince(startedAt) }));
  });
}

/** One line for a check that succeeded, with its totals or the last of what it said; everything for one that did not. */
function tell({ check, isGood, output, seconds }: Outcome): void {
  const lines = output.trimEnd().split("\n");
  const last = lines.findLast((each) => each.startsWith("tests: ")) ?? lines.at(-1) ?? "";
  const line = `${isGood ? "ok" : "FAILED"}  ${check.padEnd(13)} ${seconds.toFixed(1).padStart(5)} s`;
  process.stdout.write(isGood ? `${line}  ${last}\n` : `\n${output.trimEnd()}\n${line}\n\n`);
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000;
}

await verify();

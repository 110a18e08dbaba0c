import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { openRunner } from "./many.ts";
import { reportOf } from "./report.ts";
import { runSideBySide, type Many } from "./sideBySide.ts";
import { wholeNumber } from "../wholeNumber.ts";

const usage = `npm run simulate-platform -- [--seed N [--steps 1,2,…] [--trace]] [--schedules N] [--minutes N] [--threads N]
  --seed       the schedule to run, or the first of many; a fresh one by default
  --steps      only these steps of it
  --trace      tell every step
  --schedules  so many, one seed after another
  --minutes    as many as fit into it; 1 by default
  --threads    so many at a time; the machine's processors by default`;
const minuteMs = 60_000;
const freshSeeds = 2 ** 32;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      steps: { type: "string" },
      schedules: { type: "string" },
      minutes: { type: "string" },
      threads: { type: "string" },
      trace: { type: "boolean", default: false },
    },
  });
  const schedules = wholeNumber("schedules", values.schedules, usage);
  const minutes = wholeNumber("minutes", values.minutes, usage);
  const first = wholeNumber("seed", values.seed, usage) ?? randomInt(freshSeeds);
  const isOne = schedules === null && minutes === null && values.seed !== undefined;
  if (isOne || values.steps !== undefined) {
    const steps = values.steps?.split(",").map((step) => wholeNumber("steps", step, usage) ?? 0);
    return runOne(first, steps, values.trace);
  }
  const mostMs = minutes === null && schedules !== null ? Infinity : (minutes ?? 1) * minuteMs;
  const threads = Math.max(1, wholeNumber("threads", values.threads, usage) ?? availableParallelism());
  return runMany({ first, schedules: schedules ?? freshSeeds, until: Date.now() + mostMs, threads });
}

async function runOne(seed: number, steps: number[] | undefined, isTraced: boolean): Promise<void> {
  const runner = await openRunner();
  const run = await runner.run({ seed, ...(steps === undefined ? {} : { steps }) });
  await runner.close();
  if (isTraced) say(run.trace.join("\n"));
  say(run.broken === null ? `Seed ${seed}: all holds, ${run.trace.length} steps.` : reportOf(run, run));
  if (run.broken !== null) process.exitCode = 1;
}

async function runMany(many: Many): Promise<void> {
  const startedAt = performance.now();
  const usedBefore = process.cpuUsage();
  const { done, report } = await runSideBySide(many);
  const aMinute = Math.round((done * minuteMs) / (performance.now() - startedAt));
  const { user, system } = process.cpuUsage(usedBefore);
  const eachMs = Math.round((user + system) / 1_000 / Math.max(1, done));
  say(`${done} schedules from seed ${many.first}, ${aMinute} a minute, ${eachMs} ms of processor time each.`);
  if (report === null) return;
  say(report);
  process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();

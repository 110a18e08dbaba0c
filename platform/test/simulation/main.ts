import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { openRunner } from "./many.ts";
import { reportOf } from "./report.ts";
import { runSideBySide, type Many } from "./sideBySide.ts";
import { runProgram, WrongArgument, type Options } from "../commandLine.ts";

const usage = `npm run simulate-platform -- [--seed N [--steps 1,2,…] [--trace]] [--schedules N] [--minutes N] [--threads N]
  --seed       the schedule to run, or the first of many; a fresh one by default
  --steps      only these steps of it
  --trace      tell every step
  --schedules  so many, one seed after another
  --minutes    as many as fit into it; 1 by default
  --threads    so many at a time; the machine's processors by default`;
const minuteMs = 60_000;
const freshSeeds = 2 ** 32;

async function main(given: Options): Promise<void> {
  const [schedules, minutes, seed] = [given.number("schedules"), given.number("minutes"), given.number("seed")];
  const first = seed ?? randomInt(freshSeeds);
  const isOne = schedules === null && minutes === null && seed !== null;
  const steps = stepsOf(given.text("steps"));
  if (isOne || steps !== undefined) return runOne(first, steps, given.has("trace"));
  const mostMs = minutes === null && schedules !== null ? Infinity : (minutes ?? 1) * minuteMs;
  const threads = given.number("threads") ?? availableParallelism();
  return runMany({ first, schedules: schedules ?? freshSeeds, until: Date.now() + mostMs, threads });
}

function stepsOf(text: string | null): number[] | undefined {
  if (text === null) return undefined;
  if (/^\d{1,6}(,\d{1,6})*$/.test(text)) return text.split(",").map(Number);
  throw new WrongArgument(`--steps takes whole numbers with commas between them, not "${text}"`);
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

const numbers = { seed: 0, schedules: 1, minutes: 1, threads: 1 };
await runProgram(usage, { texts: ["steps"], numbers, flags: ["trace"] }, main);

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { openRunner, seedsFrom, type Runner } from "./many.ts";
import { reportOf } from "./report.ts";

const usage = `npm run simulate-platform -- [--seed N [--steps 1,2,…] [--trace]] [--schedules N | --minutes N]
  --seed       the schedule to run, or the first of --schedules; a fresh one by default
  --steps      only these steps of it
  --trace      tell every step
  --schedules  so many, one seed after another
  --minutes    as many as fit into it`;
const minuteMs = 60_000;
const freshSeeds = 2 ** 32;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      steps: { type: "string" },
      schedules: { type: "string" },
      minutes: { type: "string" },
      trace: { type: "boolean", default: false },
    },
  });
  const runner = await openRunner();
  try {
    const first = wholeNumber("seed", values.seed) ?? randomInt(freshSeeds);
    const isOne = values.schedules === undefined && values.minutes === undefined && values.seed !== undefined;
    if (isOne || values.steps !== undefined) {
      const steps = values.steps?.split(",").map((step) => wholeNumber("steps", step) ?? 0);
      await runOne(runner, first, steps, values.trace);
    } else {
      const minutes = wholeNumber("minutes", values.minutes) ?? 1;
      const schedules = wholeNumber("schedules", values.schedules) ?? freshSeeds;
      await runMany(runner, first, { schedules, until: performance.now() + minutes * minuteMs });
    }
  } finally {
    await runner.close();
  }
}

async function runOne(runner: Runner, seed: number, steps: number[] | undefined, isTraced: boolean): Promise<void> {
  const run = await runner.run({ seed, ...(steps === undefined ? {} : { steps }) });
  if (isTraced) say(run.trace.join("\n"));
  say(run.broken === null ? `Seed ${seed}: all holds, ${run.trace.length} steps.` : reportOf(run, run));
  if (run.broken !== null) process.exitCode = 1;
}

async function runMany(runner: Runner, first: number, most: { schedules: number; until: number }): Promise<void> {
  const startedAt = performance.now();
  const usedBefore = process.cpuUsage();
  let done = 0;
  function* seeds(): Generator<number> {
    for (const seed of seedsFrom(first, most.schedules))
      if (performance.now() < most.until) yield seed;
      else return;
  }
  const found = await runner.firstBroken(seeds(), () => {
    done += 1;
  });
  const aMinute = Math.round((done * minuteMs) / (performance.now() - startedAt));
  const { user, system } = process.cpuUsage(usedBefore);
  const eachMs = Math.round((user + system) / 1_000 / Math.max(1, done));
  say(`${done} schedules from seed ${first}, ${aMinute} a minute, ${eachMs} ms of processor time each.`);
  if (found === null) return;
  say(reportOf(found.run, found.shorter));
  process.exitCode = 1;
}

function wholeNumber(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Error(`--${name} takes whole numbers, not "${text}"\n${usage}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { faultKinds, runTrial } from "./runTrial.ts";
import { watchStandstill } from "./standstill.ts";
import type { FaultKind } from "./trial.ts";

const usage = `npm run faults -- [--minutes N | --hours N | --runs N] [--seed N] [--only kind,…] [--at-once N]
  --seed     the run to repeat, or with one of the others the first of many; a fresh one by default
  --minutes  as many runs as fit into it; 10 by default
  --runs     so many, one seed after another
  --only     of these kinds: ${faultKinds.map(({ name }) => name).join(", ")}
  --at-once  so many side by side; 1 by default`;
const minuteMs = 60_000;
const freshSeeds = 2 ** 31;

interface Many {
  kinds: readonly FaultKind[];
  only: string | undefined;
  first: number;
  runs: number;
  until: number;
  atOnce: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      minutes: { type: "string" },
      hours: { type: "string" },
      runs: { type: "string" },
      only: { type: "string" },
      "at-once": { type: "string" },
    },
  });
  const minutes = numberOf("minutes", values.minutes) ?? (numberOf("hours", values.hours) ?? 0) * 60;
  const runs = numberOf("runs", values.runs);
  const seed = numberOf("seed", values.seed);
  const isOne = seed !== null && minutes === 0 && runs === null;
  const isLasting = minutes > 0 || (runs === null && !isOne);
  await runMany({
    kinds: kindsOf(values.only),
    only: values.only,
    first: seed ?? randomInt(freshSeeds),
    runs: isOne ? 1 : (runs ?? Infinity),
    until: isLasting ? Date.now() + (minutes || 10) * minuteMs : Infinity,
    atOnce: Math.max(1, numberOf("at-once", values["at-once"]) ?? 1),
  });
}

function kindsOf(only: string | undefined): FaultKind[] {
  const names = only?.split(",") ?? faultKinds.map(({ name }) => name);
  const unknown = names.find((name) => !faultKinds.some((kind) => kind.name === name));
  if (unknown !== undefined) throw new Error(`--only: there is no kind ${unknown}\n${usage}`);
  const chosen = faultKinds.filter(({ name }) => names.includes(name));
  return chosen.filter(({ name, lacks }) => {
    const missing = lacks();
    if (missing !== null) say(`left out: ${name}: this machine lacks ${missing}`);
    return missing === null;
  });
}

async function runMany({ kinds, only, first, runs, until, atOnce }: Many): Promise<void> {
  if (kinds.length === 0) throw new Error("there is nothing to run");
  const done = new Map<string, number>();
  const stoodStill = watchStandstill();
  const again: number[] = [];
  let next = 0;
  let hasFailed = false;
  const lane = async (): Promise<void> => {
    while (again.length > 0 || (next < runs && Date.now() < until && !hasFailed)) {
      const seed = again.pop() ?? first + next++;
      const startedAt = performance.now();
      const { kind, story, acknowledged, differences, kept } = await runTrial(seed, kinds);
      const stoodMs = stoodStill();
      if (differences.length > 0 && stoodMs > 0) {
        say(`seed ${seed} ${kind}: this process stood still for ${Math.round(stoodMs / 1_000)} s meanwhile: once more`);
        again.push(seed);
        continue;
      }
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      done.set(kind, (done.get(kind) ?? 0) + 1);
      const verdict = differences.length === 0 ? "all there" : "FAILED";
      say(`seed ${seed} ${kind}: ${story.join("; ")}: ${acknowledged} acknowledged, ${verdict} (${seconds} s)`);
      if (differences.length === 0) continue;
      hasFailed = true;
      say(differences.map((difference) => `  ${difference}`).join("\n"));
      say(`  the data directory is kept in ${kept ?? ""}`);
      say(`  again: npm run faults -- --seed ${seed}${only === undefined ? "" : ` --only ${only}`}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const counts = [...done].map(([kind, times]) => `${kind} ${times}`).sort();
  say(`${[...done.values()].reduce((sum, times) => sum + times, 0)} runs from seed ${first}: ${counts.join(", ")}`);
  if (hasFailed) process.exitCode = 1;
}

function numberOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Error(`--${name} takes whole numbers, not "${text}"\n${usage}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();

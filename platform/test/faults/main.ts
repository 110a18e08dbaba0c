import { randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { faultKinds, runTrial, type TrialResult } from "./runTrial.ts";
import { watchStandstill } from "./standstill.ts";
import type { FaultKind } from "./trial.ts";
import { runProgram, WrongArgument, type Options } from "../commandLine.ts";

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
  first: number;
  runs: number;
  until: number;
  atOnce: number;
}

async function main(given: Options): Promise<void> {
  const minutes = given.number("minutes") ?? (given.number("hours") ?? 0) * 60;
  const [runs, seed] = [given.number("runs"), given.number("seed")];
  const isOne = seed !== null && minutes === 0 && runs === null;
  const isLasting = minutes > 0 || (runs === null && !isOne);
  await runMany({
    kinds: kindsOf(given.text("only")),
    first: seed ?? randomInt(freshSeeds),
    runs: isOne ? 1 : (runs ?? Infinity),
    until: isLasting ? Date.now() + (minutes || 10) * minuteMs : Infinity,
    atOnce: given.number("at-once") ?? 1,
  });
}

function kindsOf(only: string | null): FaultKind[] {
  const names = only?.split(",") ?? faultKinds.map(({ name }) => name);
  const unknown = names.find((name) => !faultKinds.some((kind) => kind.name === name));
  if (unknown !== undefined) throw new WrongArgument(`--only: there is no kind "${unknown}"`);
  const chosen = faultKinds.filter(({ name }) => names.includes(name));
  return chosen.filter(({ name, lacks }) => {
    const missing = lacks();
    if (missing !== null) say(`left out: ${name}: this machine lacks ${missing}`);
    return missing === null;
  });
}

async function runMany(many: Many): Promise<void> {
  if (many.kinds.length === 0) throw new WrongArgument("there is nothing to run");
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort(signal));
  const tally: Tally = { done: new Map(), hasFailed: false };
  const seeds = seedsOf(many, () => tally.hasFailed || stopping.signal.aborted);
  const options = { stoodStill: watchStandstill(), stopped: stopping.signal };
  const lane = async (): Promise<void> => {
    for (let seed = seeds.next(); seed !== null; seed = seeds.next()) {
      const startedAt = performance.now();
      const result = await runTrial(seed, many.kinds, options);
      if (stopping.signal.aborted) return say(`seed ${seed} ${result.kind}: broken off`);
      if (result.differences.length > 0 && result.stoodMs > 0 && seeds.repeat(seed)) {
        const stood = `this process stood still for ${Math.round(result.stoodMs / 1_000)} s meanwhile`;
        say(`seed ${seed} ${result.kind}: ${stood}: once more`);
        if (result.kept !== null) rmSync(result.kept, { recursive: true, force: true });
      } else tell(seed, result, performance.now() - startedAt, tally);
    }
  };
  await Promise.all(Array.from({ length: many.atOnce }, lane));
  const counts = [...tally.done].map(([kind, times]) => `${kind} ${times}`).sort();
  const runs = [...tally.done.values()].reduce((sum, times) => sum + times, 0);
  say(`${runs} runs from seed ${many.first}: ${counts.join(", ")}`);
  // What a trial that was broken off still waits for keeps nobody waiting.
  if (stopping.signal.aborted) process.exit(stopping.signal.reason === "SIGINT" ? 130 : 143);
  if (tally.hasFailed) process.exitCode = 1;
}

/** `repeat`: a seed that proved nothing comes once more; false where it already has. */
function seedsOf({ first, runs, until }: Many, isOver: () => boolean) {
  const again: number[] = [];
  const repeated = new Set<number>();
  let count = 0;
  return {
    next: (): number | null => {
      const seed = again.pop();
      if (seed !== undefined) return seed;
      return count < runs && Date.now() < until && !isOver() ? first + count++ : null;
    },
    repeat: (seed: number): boolean => {
      if (repeated.has(seed)) return false;
      repeated.add(seed);
      again.push(seed);
      return true;
    },
  };
}

interface Tally {
  /** Trials, by kind. */
  done: Map<string, number>;
  hasFailed: boolean;
}

function tell(seed: number, result: TrialResult, tookMs: number, tally: Tally): void {
  const { kind, story, acknowledged, differences, kept } = result;
  tally.done.set(kind, (tally.done.get(kind) ?? 0) + 1);
  const verdict = differences.length === 0 ? "all there" : "FAILED";
  const seconds = (tookMs / 1_000).toFixed(1);
  say(`seed ${seed} ${kind}: ${story.join("; ")}: ${acknowledged} acknowledged, ${verdict} (${seconds} s)`);
  if (differences.length === 0) return;
  tally.hasFailed = true;
  say(differences.map((difference) => `  ${difference}`).join("\n"));
  if (result.stoodMs > 0) say("  this process stood still meanwhile, for the second time: that may be all");
  say(`  the data directory is kept in ${kept ?? ""}`);
  // By name: which kinds a seed is drawn from depends on the machine's tools.
  say(`  again: npm run faults -- --seed ${seed} --only ${kind}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const numbers = { seed: 0, minutes: 1, hours: 1, runs: 1, "at-once": 1 };
await runProgram(usage, { texts: ["only"], numbers }, main);

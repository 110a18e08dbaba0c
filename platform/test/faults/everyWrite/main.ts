import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { drawsFrom, hash32 } from "../../../src/simulator/draws.ts";
import { runProgram, WrongArgument, type Options } from "../../commandLine.ts";
import { hasStrace } from "../strace.ts";
import { modes, openEveryWrite, type Attempt, type EveryWrite, type Mode } from "./everyWrite.ts";
import { nameOf, sampled, type Point } from "./points.ts";

const usage = `npm run every-write -- [--only mode,…] [--most N | --at POINT] [--seed N] [--at-once N]
  --only     of ${modes.join(", ")}; all by default
  --most     so many of each, evenly spread; all by default
  --at       this one alone, as a run names it: log:fdatasync:3
  --seed     which errors, and which killed run is recovered from; a fresh one by default
  --at-once  so many side by side; 2 by default`;
const freshSeeds = 2 ** 31;
const memory = "/dev/shm";
/** More of the same tell nothing more. */
const mostFailed = 5;

interface Tally {
  tried: number;
  notReached: number;
  failed: number;
}

async function main(given: Options): Promise<void> {
  if (!hasStrace()) throw new WrongArgument("this machine lacks strace");
  const seed = given.number("seed") ?? randomInt(freshSeeds);
  const [most, at, atOnce] = [given.number("most"), given.text("at"), given.number("at-once") ?? 2];
  const chosen = modesOf(given.text("only"));
  const every = await openEveryWrite(seed, existsSync(memory) ? memory : undefined);
  const options = { seed, atOnce };
  let hasFailed = false;
  for (const mode of chosen) {
    const all = await every.points(mode);
    const named = all.filter((point) => at === null || nameOf(point) === at);
    if (named.length === 0) throw new WrongArgument(`--at: no write of ${mode} is called ${String(at)}`);
    const points = most === null ? named : sampled(named, most, drawsFrom(hash32(seed, 3)).next());
    const { tried, notReached, failed } = await tryAll(every, { mode, points }, options);
    say(`${mode}: ${tried} of ${all.length} writes: ${notReached} not reached, ${failed} failed (seed ${seed})`);
    hasFailed ||= failed > 0;
  }
  if (hasFailed) process.exitCode = 1;
  else every.close();
}

async function tryAll(
  every: EveryWrite,
  { mode, points }: { mode: Mode; points: readonly Point[] },
  { seed, atOnce }: { seed: number; atOnce: number },
): Promise<Tally> {
  const tally: Tally = { tried: 0, notReached: 0, failed: 0 };
  const queue = [...points];
  const lane = async (): Promise<void> => {
    while (tally.failed < mostFailed) {
      const point = queue.shift();
      if (point === undefined) return;
      const attempt = await every.attempt(mode, point);
      tally.tried += 1;
      if (!attempt.isReached) tally.notReached += 1;
      if (attempt.differences.length === 0) continue;
      tally.failed += 1;
      tell(mode, attempt, seed);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return tally;
}

function modesOf(only: string | null): readonly Mode[] {
  const names = only?.split(",") ?? modes;
  const unknown = names.find((name) => !modes.some((mode) => mode === name));
  if (unknown !== undefined) throw new WrongArgument(`--only: there is no mode ${unknown}`);
  return modes.filter((mode) => names.includes(mode));
}

function tell(mode: Mode, { point, what, acknowledged, differences, kept }: Attempt, seed: number): void {
  say(`${mode} at ${point} (${what}): ${acknowledged} requests acknowledged, FAILED`);
  say(differences.map((difference) => `  ${difference}`).join("\n"));
  say(`  the data directory is kept in ${kept ?? ""}`);
  say(`  again: npm run every-write -- --only ${mode} --at ${point} --seed ${seed}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await runProgram(usage, { texts: ["only", "at"], numbers: { most: 1, seed: 0, "at-once": 1 } }, main);

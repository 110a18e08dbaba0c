import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../../platform/bin/bundle.ts";
import { hotspotsOf } from "./hotspots.ts";
import { measureLimits } from "./limits.ts";
import { machineNow } from "./machine.ts";
import type { Round } from "./measurements.ts";
import { readOptions, usage, type Options } from "./options.ts";
import { reportText, type Results } from "./report.ts";
import { measureSearch } from "./searchBench.ts";
import { measureSize } from "./scenario.ts";
import type { Server } from "./server.ts";

/** Of each kind of search. */
const queries = 1_000;
const startedAt = performance.now();

function say(line: string): void {
  process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
}

async function bench(options: Options): Promise<void> {
  const parent = options.directory ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "c360-bench-"));
  const running = new Set<Server>();
  // What users run, of the sources as they are.
  await bundle(join(import.meta.dirname, "../.."));
  say("measuring the machine");
  const { seconds, seed, cpuProfileDir } = options;
  const results: Results = {
    startedAt: new Date().toISOString(),
    seconds,
    seed,
    cpuProfiled: cpuProfileDir !== null,
    isWhole: false,
    machine: machineNow(),
    limits: measureLimits(directory),
    rounds: [],
    search: null,
  };
  const interrupt = (): void => {
    say("interrupted");
    if (results.rounds.length > 0) write(results, options);
    void Promise.all([...running].map((server) => server.stop())).finally(() => {
      rmSync(directory, { recursive: true, force: true });
      process.exit(130);
    });
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    const started = (server: Server): void => {
      running.clear();
      running.add(server);
    };
    await measure(results, options, directory, started);
    results.isWhole = true;
  } finally {
    // Of a run that fails at the end, what was measured before is worth its time too.
    if (results.isWhole || results.rounds.length > 0) write(results, options);
    rmSync(directory, { recursive: true, force: true });
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

/** Adds to the results round by round. */
async function measure(
  results: Results,
  options: Options,
  directory: string,
  started: (server: Server) => void,
): Promise<void> {
  const { profiles: sizes, seed, phases } = options;
  const largest = Math.max(...sizes);
  for (const profiles of sizes) {
    const own = join(directory, String(profiles));
    mkdirSync(own);
    const again = profiles === largest;
    const measured = (round: Round): unknown => results.rounds.push(round);
    await measureSize(profiles, { ...options, again }, { directory: own, say, started, measured });
  }
  if (!phases.includes("search")) return;
  const measured = await measureSearch({ profiles: largest, seed, queries, directory: join(directory, "search"), say });
  results.search = { profiles: largest, ...measured };
}

function write(results: Results, options: Options): void {
  const named = `../results/${results.startedAt.slice(0, 19).replaceAll(":", "-")}.json`;
  const file = resolve(options.jsonFile ?? fileURLToPath(new URL(named, import.meta.url)));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(reportText(results));
  if (options.cpuProfileDir !== null) {
    const events = results.rounds.reduce(
      (sum, { full, half, single }) => sum + (full?.events ?? 0) + (half?.events ?? 0) + (single?.events ?? 0),
      0,
    );
    process.stdout.write(`\n${hotspotsOf(options.cpuProfileDir, Math.max(1, events))}`);
  }
  say(`written to ${file}`);
}

async function run(): Promise<void> {
  let options: Options | null;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
    process.exitCode = 2;
    return;
  }
  if (options === null) process.stdout.write(`${usage}\n`);
  else await bench(options);
}

await run();

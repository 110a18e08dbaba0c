import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../../platform/bin/bundle.ts";
import { lakeReportText, type LakeResults } from "./lakeSize/lakeReport.ts";
import { lakeUsage, readLakeOptions, type LakeOptions } from "./lakeSize/lakeOptions.ts";
import { make, madeIn, type Made } from "./lakeSize/making.ts";
import { measureLake } from "./lakeSize/measuring.ts";
import { historyMs, type LakePlan } from "./lakeSize/plan.ts";
import { measureLimits } from "./limits.ts";
import { machineNow } from "./machine.ts";
import type { Server } from "./server.ts";

const startedAt = performance.now();
const hourMs = 3_600_000;

function say(line: string): void {
  process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
}

async function bench(options: LakeOptions): Promise<void> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "c360-lake-"));
  mkdirSync(directory, { recursive: true });
  let running: Server | null = null;
  const cleanUp = async (): Promise<void> => {
    await running?.stop();
    if (options.directory === null) rmSync(directory, { recursive: true, force: true });
  };
  const interrupt = (): void => void cleanUp().finally(() => process.exit(130));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    await measure(options, directory, (server) => {
      running = server;
    });
  } finally {
    await cleanUp();
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

async function measure(options: LakeOptions, directory: string, started: (server: Server) => void): Promise<void> {
  const { seconds, seed } = options;
  const results: LakeResults = {
    startedAt: new Date().toISOString(),
    seconds,
    seed,
    machine: machineNow(),
    limits: measureLimits(directory),
    rounds: [],
  };
  // What users run, of the sources as they are.
  await bundle(join(import.meta.dirname, "../.."));
  try {
    for (const events of options.events) {
      const customers = options.customers ?? Math.max(1, Math.floor(events / 100));
      const own = join(directory, `${events}-${customers}-${seed}`);
      const made: Made = madeIn(own) ?? (await make(own, newPlan(events, customers, seed), say));
      if (options.isMakingOnly) continue;
      results.rounds.push(await measureLake({ directory: own, made, seconds, say, started }));
      if (options.directory === null) rmSync(own, { recursive: true });
    }
  } finally {
    // Of a run that fails at the end, what was measured before is worth its time too.
    if (results.rounds.length > 0) write(results, options);
  }
}

/** Up to the hour that began last. */
function newPlan(events: number, customers: number, seed: number): LakePlan {
  return { events, customers, seed, startMs: Date.now() - (Date.now() % hourMs) - historyMs };
}

function write(results: LakeResults, options: LakeOptions): void {
  const named = `../results/${results.startedAt.slice(0, 19).replaceAll(":", "-")}-lake.json`;
  const file = resolve(options.jsonFile ?? fileURLToPath(new URL(named, import.meta.url)));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(lakeReportText(results));
  say(`written to ${file}`);
}

let options: LakeOptions | null = null;
try {
  options = readLakeOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(`${lakeUsage}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${lakeUsage}\n`);
  process.exitCode = 2;
}
if (options !== null) await bench(options);

import { createWriteStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { basename, dirname } from "node:path";
import {
  type ColumnType,
  columnTypes,
  linkFiles,
  type LinkageModel,
  type LinkedFiles,
  type LinkStage,
  linkStages,
  parseLinkageModel,
} from "../runtime/linkFiles.ts";
import { reportLink } from "./linkReport.ts";
import type { Output } from "./output.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

export interface LinkFlags {
  id: string;
  rightId?: string;
  out?: string;
  pairs?: string;
  waterfalls?: string;
  map: readonly string[];
  truth?: string;
  model?: string;
  saveModel?: string;
  tempDir?: string;
}

const maxModelBytes = 16_777_216;
/** Pairs less probable than this are not worth explaining. */
const leastExplained = 0.01;
/** Of the whole, as measured on a million records: how far the bar is when a stage begins. */
const stagesBegin: Readonly<Record<LinkStage, number>> = {
  reading: 0,
  normalising: 10,
  blocking: 35,
  sampling: 60,
  comparing: 70,
  estimating: 90,
  clustering: 93,
};

/** `c360 link`: who is who in one or two tables. Nothing is written when something fails before the end. */
export async function runLink(files: readonly string[], flags: LinkFlags, output: Output): Promise<number> {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  for (const file of files) await mustBeThere(file);
  const model = flags.model === undefined ? undefined : await readModel(flags.model);
  const types = typesOf(flags.map, model, files.length);
  const progress = output.progress("linking", 100, "%");
  const labels = labelsOf(files);
  let linked: LinkedFiles;
  try {
    linked = await linkFiles({
      tables: files.map((file, at) => ({
        file,
        label: labels[at] ?? file,
        idColumn: at === 1 ? (flags.rightId ?? flags.id) : flags.id,
      })),
      truthColumn: flags.truth ?? null,
      types,
      ...(model === undefined ? {} : { model }),
      ...spillBeside(flags),
      onProgress: (stage, part) => progress.update(progressOf(stage, part)),
    });
  } finally {
    progress.stop();
  }
  try {
    await writeResults(linked, flags);
    const measured = flags.truth === undefined ? null : await linked.measure();
    const used = process.cpuUsage(startedCpu);
    const elapsedMs = Math.round(performance.now() - startedMs);
    reportLink(output, { linked, labels, measured, elapsedMs, cpuMs: Math.round((used.user + used.system) / 1_000) });
    return exitCodes.done;
  } finally {
    linked.close();
  }
}

/** Where results go there is room, as a rule; the system's temporary folder may be memory. */
function spillBeside({ tempDir, out, pairs, waterfalls }: LinkFlags): { spillIn?: string } {
  const result = out ?? pairs ?? waterfalls;
  if (tempDir !== undefined) return { spillIn: tempDir };
  return result === undefined ? {} : { spillIn: dirname(result) };
}

function progressOf(stage: LinkStage, part: number): number {
  const from = stagesBegin[stage];
  const next = linkStages[linkStages.indexOf(stage) + 1];
  return Math.round(from + part * ((next === undefined ? 100 : stagesBegin[next]) - from));
}

async function writeResults(linked: LinkedFiles, flags: LinkFlags): Promise<void> {
  if (flags.out !== undefined) await linked.writeClusters(flags.out);
  if (flags.pairs !== undefined) await linked.writePairs(flags.pairs);
  if (flags.waterfalls !== undefined) await writeWaterfalls(linked, flags.waterfalls);
  if (flags.saveModel !== undefined) await writeFile(flags.saveModel, `${JSON.stringify(linked.model, null, 2)}\n`);
}

async function writeWaterfalls(linked: LinkedFiles, file: string): Promise<void> {
  const stream = createWriteStream(file);
  await once(stream, "open");
  for await (const pair of linked.explained(leastExplained)) {
    if (!stream.write(`${JSON.stringify(pair, roundedWeights)}\n`)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "finish");
}

/** Thousandths of a bit are enough; a probability close to one needs all its digits. */
function roundedWeights(key: string, value: unknown): unknown {
  return typeof value === "number" && key !== "probability" ? Math.round(value * 1_000) / 1_000 : value;
}

async function mustBeThere(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found?.isFile() === true) return;
  throw wrongUsage(`There is no file ${file}.`, "Give a CSV, Parquet or NDJSON file, or two.");
}

async function readModel(file: string): Promise<LinkageModel> {
  await mustBeThere(file);
  const { size } = await stat(file);
  if (size > maxModelBytes)
    throw wrongUsage(`${file} is larger than ${maxModelBytes} bytes.`, "It is no linkage model.");
  return parseLinkageModel(await readFile(file, "utf8"));
}

/** What `--map` says goes before what the model says. */
function typesOf(
  map: readonly string[],
  model: LinkageModel | undefined,
  tables: number,
): ReadonlyMap<string, ColumnType> {
  const known = (model?.columns ?? []).slice(0, tables).flat();
  const types = new Map(known.map(({ name, type }): [string, ColumnType] => [name, type]));
  for (const each of map) {
    const at = each.lastIndexOf("=");
    const [name, type] = [each.slice(0, at).trim(), each.slice(at + 1).trim()];
    const found = columnTypes.find((known) => known === type);
    if (at > 0 && name !== "" && found !== undefined) types.set(name, found);
    else throw wrongUsage(`--map ${each} is not COLUMN=TYPE.`, `TYPE is one of ${columnTypes.join(", ")}.`);
  }
  return types;
}

/** Files by their names without folder and ending; two of one name are told apart. */
function labelsOf(files: readonly string[]): string[] {
  const names = files.map((file) => basename(file).replace(/\.(csv|parquet|ndjson|jsonl|json)(\.gz)?$/i, ""));
  return names.map((name, at) => (names.indexOf(name) < at ? `${name}_${at + 1}` : name));
}

import { createCipheriv } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  openMessageIndex,
  type EmbeddedMessageIndex,
} from "../../platform/src/adapters/embedded/messages/messageIndex.ts";
import { position } from "../../platform/src/model/position.ts";
import { aligned } from "./table.ts";

const usage = `npm run dedupe --workspace bench -- [options]

The message index alone, with synthetic keys: how fast it says that a message is new, and what that costs.

  --keys N[,N…]    measured when so many keys are sealed   (default 1000000,10000000,50000000)
  --dir DIR        where the index goes, and is removed    (default: the system's temporary directory)
  --json           the figures for machines
  --help`;

/** As many records of 1 KB as a segment of the log holds. */
const keysPerSegment = 65_536;
const probedKeys = 1_000_000;
const probeBatchKeys = 1_000;
const presentProbes = 50_000;

interface Figures {
  keys: number;
  filters: number;
  bytesPerKey: number;
  probesPerS: number;
  probeUs: number;
  falsePositivePercent: number;
  presentUs: number;
  sealUsPerKey: number;
  sealMs: { p50: number; most: number };
  writtenBytesPerKey: number | null;
  diskBytesPerKey: number;
  startMs: number;
  residentMb: number;
}

/** Uniform keys by number: the same stream gives the same ones. */
function keyStream(stream: number): (count: number) => string[] {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, stream), Buffer.alloc(16));
  return (count) => {
    const text = cipher.update(Buffer.alloc(count * 12)).toString("base64url");
    return Array.from({ length: count }, (_, index) => text.slice(index * 16, index * 16 + 16));
  };
}

const emptyLog = {
  read: async (from: number) => ({ records: [], next: from }),
  at: async () => null,
  close: async () => undefined,
};

function open(directory: string): Promise<EmbeddedMessageIndex> {
  return openMessageIndex({ directory, log: emptyLog, decided: 0, notProcessed: () => new Set() });
}

async function bench(sizes: readonly number[], directory: string): Promise<Figures[]> {
  const present = keyStream(1);
  const absent = keyStream(2);
  const measured: Figures[] = [];
  let index = await open(directory);
  let segment = 0;
  let keys = 0;
  for (const size of sizes) {
    const seals: number[] = [];
    const writtenBefore = writtenBytes();
    const keysBefore = keys;
    let sample: string[] = [];
    for (; keys < size; segment++) {
      const entries = present(Math.min(keysPerSegment, size - keys));
      await index.remember(entries.map((key, ordinal) => ({ key, position: position(segment, ordinal) })));
      // The first record of the next segment seals this one; with the same key again it adds none.
      const [first = ""] = entries;
      const from = performance.now();
      await index.remember([{ key: first, position: position(segment + 1, 0) }]);
      await index.sealed();
      seals.push(performance.now() - from);
      keys += entries.length;
      sample = entries;
    }
    await index.settled();
    const added = keys - keysBefore;
    const written = writtenBytes();
    const writtenBytesPerKey = written === null || writtenBefore === null ? null : (written - writtenBefore) / added;
    const probed = await probe(index, absent, sample);
    await index.close();
    const from = performance.now();
    index = await open(directory);
    const startMs = performance.now() - from;
    const { bytes, filters, keys: held } = index.figures();
    if (held !== keys) throw new Error(`${keys} keys were sealed, the filters hold ${held}`);
    const ordered = seals.toSorted((a, b) => a - b);
    measured.push({
      keys,
      filters,
      bytesPerKey: bytes / keys,
      ...probed,
      sealUsPerKey: (seals.reduce((sum, ms) => sum + ms, 0) * 1_000) / added,
      sealMs: { p50: ordered[ordered.length >> 1] ?? 0, most: ordered.at(-1) ?? 0 },
      writtenBytesPerKey,
      diskBytesPerKey: directoryBytes(directory) / keys,
      startMs,
      residentMb: process.memoryUsage.rss() / 1e6,
    });
    process.stderr.write(`${keys} keys: ${JSON.stringify(measured.at(-1))}\n`);
  }
  await index.close();
  return measured;
}

async function probe(
  index: EmbeddedMessageIndex,
  absent: (count: number) => string[],
  sample: readonly string[],
): Promise<Pick<Figures, "probesPerS" | "probeUs" | "falsePositivePercent" | "presentUs">> {
  const before = index.figures().treeLookups;
  let spent = 0;
  for (let done = 0; done < probedKeys; done += probeBatchKeys) {
    const keys = absent(probeBatchKeys);
    const from = performance.now();
    const found = await index.firstPositions(keys);
    spent += performance.now() - from;
    if (found.some((each) => each !== null)) throw new Error("a key was found that was never given");
  }
  const passed = index.figures().treeLookups - before;
  const known = sample.slice(0, presentProbes);
  const from = performance.now();
  for (let at = 0; at < known.length; at += probeBatchKeys) {
    const found = await index.firstPositions(known.slice(at, at + probeBatchKeys));
    if (found.includes(null)) throw new Error("a key that was given is not found");
  }
  return {
    probesPerS: (probedKeys * 1_000) / spent,
    probeUs: (spent * 1_000) / probedKeys,
    falsePositivePercent: (passed * 100) / probedKeys,
    presentUs: ((performance.now() - from) * 1_000) / known.length,
  };
}

/** What this process had written to disk so far; null where the system does not tell. */
function writtenBytes(): number | null {
  try {
    return Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
  } catch {
    return null;
  }
}

function directoryBytes(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(directory, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      keys: { type: "string", default: "1000000,10000000,50000000" },
      dir: { type: "string", default: tmpdir() },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const sizes = values.keys.split(",").map(Number);
  const isAscending = sizes.every((size, at) => Number.isSafeInteger(size) && size > (sizes[at - 1] ?? 0));
  if (values.help || !isAscending) {
    process.stdout.write(`${usage}\n`);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const directory = mkdtempSync(join(values.dir, "c360-dedupe-"));
  try {
    const measured = await bench(sizes, directory);
    process.stdout.write(values.json ? `${JSON.stringify(measured, null, 2)}\n` : report(measured));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(measured: readonly Figures[]): string {
  const rows: [string, (figures: Figures) => string][] = [
    ["keys sealed", ({ keys }) => keys.toLocaleString("en")],
    ["filters", ({ filters }) => String(filters)],
    ["filters, bytes a key in memory", ({ bytesPerKey }) => bytesPerKey.toFixed(2)],
    ["new keys answered/s", ({ probesPerS }) => Math.round(probesPerS).toLocaleString("en")],
    ["a new key, µs", ({ probeUs }) => probeUs.toFixed(2)],
    ["new keys looked for on disk, %", ({ falsePositivePercent }) => falsePositivePercent.toFixed(3)],
    ["a known key, µs", ({ presentUs }) => presentUs.toFixed(1)],
    ["sealing, µs a key", ({ sealUsPerKey }) => sealUsPerKey.toFixed(1)],
    ["sealing a segment, ms (p50/most)", ({ sealMs }) => `${sealMs.p50.toFixed(0)} / ${sealMs.most.toFixed(0)}`],
    ["written, bytes a key", ({ writtenBytesPerKey }) => writtenBytesPerKey?.toFixed(0) ?? "not known"],
    ["disk, bytes a key", ({ diskBytesPerKey }) => diskBytesPerKey.toFixed(1)],
    ["start, ms", ({ startMs }) => startMs.toFixed(0)],
    ["process, MB", ({ residentMb }) => residentMb.toFixed(0)],
  ];
  const cells = rows.map(([name, of]) => [name, ...measured.map(of)]);
  return aligned(cells, ["left", ...measured.map(() => "right" as const)]);
}

await run();

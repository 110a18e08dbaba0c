import { createHash, createHmac } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openShop } from "./events.ts";
import { latencyHistogram } from "./latencyHistogram.ts";

/** What this machine can do at best, measured right before the run: no figure of the platform can beat these. */
export interface Limits {
  /** Appending 1 KB and making it durable. */
  fdatasyncMs: { p50: number; p99: number };
  /** Writing 1 MiB pieces, made durable at the end. */
  sequentialWriteMbPerS: number;
  /** One event of the run, of this many bytes. */
  eventBytes: number;
  jsonParseUs: number;
  jsonStringifyUs: number;
  sha256Us: number;
  /** HMAC-SHA-256 of an identifier: what a keyed hash costs at least. */
  hmacUs: number;
}

const appends = 1_000;
const maxAppendMs = 5_000;
const sequentialMiB = 256;
const calls = 20_000;

/** Writes up to 256 MiB into `directory` and removes it again. Takes a few seconds. */
export function measureLimits(directory: string): Limits {
  const shop = openShop(1, 1_000);
  const events = Array.from({ length: 256 }, (_, index) => shop.event(index, 1_700_000_000_000));
  const parsed = events.map((event): unknown => JSON.parse(event));
  const of = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  const key = Buffer.alloc(32, 7);
  return {
    fdatasyncMs: fdatasyncLatency(join(directory, "fdatasync.probe")),
    sequentialWriteMbPerS: sequentialWrite(join(directory, "sequential.probe")),
    eventBytes: Math.round(events.reduce((sum, event) => sum + Buffer.byteLength(event), 0) / events.length),
    jsonParseUs: microsOf((index) => JSON.parse(of(events, index))),
    jsonStringifyUs: microsOf((index) => JSON.stringify(of(parsed, index))),
    sha256Us: microsOf((index) => createHash("sha256").update(of(events, index)).digest()),
    hmacUs: microsOf((index) => createHmac("sha256", key).update(`user_id:shopper-1-${index}`).digest()),
  };
}

function fdatasyncLatency(path: string): { p50: number; p99: number } {
  const file = openSync(path, "w");
  const kilobyte = Buffer.alloc(1_024, 97);
  const latencies = latencyHistogram();
  const startedAt = performance.now();
  try {
    for (let append = 0; append < appends && performance.now() - startedAt < maxAppendMs; append++) {
      const from = performance.now();
      writeSync(file, kilobyte);
      fdatasyncSync(file);
      latencies.recordMs(performance.now() - from);
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  return { p50: latencies.quantileMs(0.5), p99: latencies.quantileMs(0.99) };
}

/** MB are 10^6 bytes. */
function sequentialWrite(path: string): number {
  const file = openSync(path, "w");
  const piece = Buffer.alloc(1 << 20, 97);
  const startedAt = performance.now();
  try {
    for (let written = 0; written < sequentialMiB; written++) writeSync(file, piece);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
    rmSync(path);
  }
  return (sequentialMiB * piece.length) / 1_000 / (performance.now() - startedAt);
}

/** Of the second of two rounds, when the code is compiled. */
function microsOf(call: (index: number) => unknown): number {
  let micros = 0;
  for (let round = 0; round < 2; round++) {
    const startedAt = performance.now();
    for (let index = 0; index < calls; index++) call(index);
    micros = ((performance.now() - startedAt) * 1_000) / calls;
  }
  return micros;
}

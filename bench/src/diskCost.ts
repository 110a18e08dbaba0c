import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openAnalytics } from "../../platform/src/adapters/embedded/analytics/core.ts";
import type { LakeFigures, LakeLimits } from "../../platform/src/adapters/embedded/analytics/lake.ts";
import { openDecided } from "../../platform/src/adapters/embedded/decided.ts";
import { archiveSegment } from "../../platform/src/adapters/embedded/eventLog/archive.ts";
import { nodeDisk } from "../../platform/src/adapters/embedded/eventLog/disk.ts";
import { openEventLogReader } from "../../platform/src/adapters/embedded/eventLog/reader.ts";
import { sealedSegmentsOf } from "../../platform/src/adapters/embedded/eventLog/sealedSegments.ts";
import { openEventLog } from "../../platform/src/adapters/embedded/eventLog/writer.ts";
import type { JsonObject } from "../../platform/src/model/event.ts";
import { keyedHash } from "../../platform/src/model/keyedHash.ts";
import { position } from "../../platform/src/model/position.ts";
import type { Source, SourceKind } from "../../platform/src/model/source.ts";
import { dataPaths } from "../../platform/src/runtime/dataDirectory.ts";
import { openPlatform } from "../../platform/src/runtime/embedded.ts";
import { readSettings } from "../../platform/src/runtime/settings.ts";
import { openRetailer } from "../../platform/src/simulator/retailer.ts";
import { openShop } from "./events.ts";
import { drawsAt } from "./seededDraws.ts";
import { aligned } from "./table.ts";

const usage = `npm run disk-cost --workspace bench -- [options]

What a million events take on disk: in the log, archived, and in the lake, of the shop of npm run bench and of the
simulated retailer; what archiving costs, and looking a record up before and after it.

  --events N   of the shop, beside a sign-up for every tenth (default 200000); of the retailer, about as many
  --days N     of the retailer's history (default 365)
  --dir DIR    where the data go, and are removed again`;

const batchCalls = 500;
const lookups = 2_000;
const million = 1_000_000;
const dayMs = 86_400_000;
/** Of the simulated retailer; a customer leaves about so many events in them. */
const defaultDays = 365;
const eventsEach = 60;
const homeCurrency = "GBP";

type Send = (kind: SourceKind, calls: readonly JsonObject[]) => Promise<void>;

async function sendShop(events: number, send: Send): Promise<void> {
  const customers = Math.max(1, Math.floor(events / 10));
  const shop = openShop(1, customers);
  const startAt = Date.now() - dayMs;
  const texts = (from: number): string[] =>
    Array.from({ length: Math.min(batchCalls, events + customers - from) }, (_, nth) => {
      const n = from + nth;
      return n < customers ? shop.signUp(n, startAt) : shop.event(n - customers, startAt + n);
    });
  for (let from = 0; from < events + customers; from += batchCalls) {
    await send(
      "web",
      texts(from).map((text) => JSON.parse(text) as JsonObject),
    );
  }
}

async function sendRetailer(events: number, days: number, send: Send): Promise<void> {
  const midnight = Date.now() - (Date.now() % dayMs);
  const customers = Math.max(1, Math.floor((events * defaultDays) / days / eventsEach));
  const plan = { seed: 1, customers, days, startMs: midnight - days * dayMs };
  const retailer = openRetailer(plan);
  for (let day = 0; day < days; day++) {
    for (const [kind, calls] of Map.groupBy(retailer.day(day), ({ source }) => source)) {
      for (let from = 0; from < calls.length; from += batchCalls) {
        await send(
          kind,
          calls.slice(from, from + batchCalls).map(({ call }) => call),
        );
      }
    }
  }
}

/** Fills a data directory as a server would. */
async function fill(dataDir: string, make: (send: Send) => Promise<void>): Promise<void> {
  const off = { C360_ARCHIVE_AFTER_DAYS: "off", C360_ARCHIVE_BEYOND_MIB: "off", C360_MIN_FREE_MIB: "0" };
  const platform = await openPlatform(readSettings({ C360_DATA_DIR: dataDir, ...off }));
  const sources = new Map<SourceKind, Source>();
  await make(async (kind, calls) => {
    const source = sources.get(kind) ?? (await platform.access.createSource({ id: kind, kind })).source;
    sources.set(kind, source);
    await platform.gateway.submit(source, calls);
  });
  await platform.drained();
  await platform.close();
}

/** So that all of the log can be archived: the last record is in a segment of its own. */
async function sealLast(directory: string): Promise<void> {
  const log = await openEventLog({ directory, segmentBytes: 1 });
  await log.append([{ fragment: "A".repeat(16), message: "B".repeat(16), payload: Buffer.from("{}") }]);
  await log.close();
}

interface LogFigures {
  bytes: number;
  records: number;
  lookUpUs: number;
}

async function logFigures(directory: string): Promise<LogFigures> {
  const sealed = await sealedSegmentsOf(directory).list();
  const sum = (of: (one: (typeof sealed)[number]) => number): number => sealed.reduce((all, one) => all + of(one), 0);
  const reader = openEventLogReader(directory);
  const draws = drawsAt(1, 1);
  const startedAt = performance.now();
  for (let n = 0; n < lookups; n++) {
    const segment = sealed[draws.below(sealed.length)];
    if (segment !== undefined) await reader.at(position(segment.segment, draws.below(segment.records)));
  }
  const lookUpUs = ((performance.now() - startedAt) / lookups) * 1_000;
  await reader.close();
  return { bytes: sum(({ bytes }) => bytes), records: sum(({ records }) => records), lookUpUs };
}

/** Processor seconds of archiving, reading it back too. */
async function archiveAll(directory: string): Promise<number> {
  const before = process.cpuUsage();
  for (const { segment } of await sealedSegmentsOf(directory).list()) {
    await archiveSegment(directory, segment, { disk: nodeDisk, pace: async () => undefined });
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / million;
}

async function lakeFigures(dataDir: string, lakeLimits: Partial<LakeLimits>): Promise<LakeFigures> {
  const paths = dataPaths(dataDir);
  rmSync(paths.analytics, { recursive: true });
  const hash = keyedHash(readFileSync(paths.hashKey));
  const analytics = await openAnalytics({
    directory: paths.analytics,
    log: openEventLogReader(paths.log),
    decided: openDecided({ file: paths.state, hash, homeCurrency }),
    now: Date.now,
    homeCurrency,
    lakeLimits,
  });
  await analytics.caughtUp();
  await analytics.moveToLake();
  const figures = await analytics.lake();
  await analytics.close();
  return figures;
}

type Row = [what: string, ...values: string[]];

async function measure(dataDir: string, make: (send: Send) => Promise<void>): Promise<Row[]> {
  await fill(dataDir, make);
  const { log } = dataPaths(dataDir);
  await sealLast(log);
  const plain = await logFigures(log);
  const archiveS = await archiveAll(log);
  const archived = await logFigures(log);
  const everyMonth = { leastFileRows: 0, maxSparseFiles: Number.POSITIVE_INFINITY };
  const scattered = await lakeFigures(dataDir, everyMonth);
  const lake = await lakeFigures(dataDir, {});
  const perMillion = (bytes: number, records: number): string => `${Math.round(bytes / records)} MB`;
  return [
    ["events", String(plain.records)],
    ["a million in the log", perMillion(plain.bytes, plain.records)],
    ["a million archived", perMillion(archived.bytes, archived.records)],
    ["archiving, processor s a million", ((archiveS / plain.records) * million).toFixed(1)],
    ["looking one up in the log, µs", plain.lookUpUs.toFixed(0)],
    ["looking one up archived, µs", archived.lookUpUs.toFixed(0)],
    ["lake, a file a month: files", String(scattered.files)],
    ["a million", perMillion(scattered.bytes, scattered.rows)],
    ["lake as it is kept: files", String(lake.files)],
    ["a million", perMillion(lake.bytes, lake.rows)],
  ];
}

async function run({ events, days }: { events: number; days: number }, directory: string): Promise<void> {
  const folder = mkdtempSync(join(directory, "c360-disk-cost-"));
  try {
    const shop = await measure(join(folder, "shop"), (send) => sendShop(events, send));
    const retailer = await measure(join(folder, "retailer"), (send) => sendRetailer(events, days, send));
    const rows = shop.map(([what, value = ""], nth) => [what, value, retailer[nth]?.[1] ?? ""]);
    console.log(aligned([["", "shop", "retailer"], ...rows], ["left", "right", "right"]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    events: { type: "string" },
    days: { type: "string" },
    dir: { type: "string" },
    help: { type: "boolean" },
  },
});

function whole(name: "events" | "days", byDefault: number): number {
  const value = Number(values[name] ?? byDefault);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`--${name} is not a whole number of at least 1`);
}

if (values.help === true) console.log(usage);
else await run({ events: whole("events", 200_000), days: whole("days", defaultDays) }, values.dir ?? tmpdir());

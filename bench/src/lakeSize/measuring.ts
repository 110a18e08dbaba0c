import { readdirSync } from "node:fs";
import { join } from "node:path";
import { diskUse } from "../../../platform/src/adapters/embedded/diskUse.ts";
import { openConnections, type Connections } from "../connections.ts";
import { openShop } from "../events.ts";
import { latencyHistogram } from "../latencyHistogram.ts";
import { fullLoad, quantiles } from "../loadPhases.ts";
import type { FullLoad, Quantiles } from "../measurements.ts";
import { followed } from "../progress.ts";
import { drawsAt } from "../seededDraws.ts";
import { startServer, type Server } from "../server.ts";
import { noteMade, type Made } from "./making.ts";
import { ask, questionsOf, timeQuestion, type Asked } from "./questions.ts";

const warmRuns = 5;
const timelines = 200;
const million = 1_000_000;

/** What one size showed. Memory is resident bytes of the server; null where it cannot be measured. */
export interface LakeRound {
  events: number;
  customers: number;
  /** Null of a directory that was there. */
  madeS: number | null;
  decided: number;
  /** From the first start until profiles, orders and search were copied; null of a directory that was there. */
  copiedS: number | null;
  startMs: number;
  lakeFiles: number;
  /** Bytes on disk for a million events, by part of the data directory. */
  diskPerMillion: Record<string, number>;
  questions: Record<string, Asked>;
  timelineMs: Quantiles;
  timelineEvents: number;
  /** That took longer than a timeline may. */
  timelinesRefused: number;
  memory: { idle: number | null; asked: number | null; loaded: number | null };
  load: FullLoad | null;
}

export interface Measuring {
  directory: string;
  made: Made;
  /** Of sending; 0: none. */
  seconds: number;
  say: (line: string) => void;
  started: (server: Server) => void;
}

export async function measureLake(around: Measuring): Promise<LakeRound> {
  const { made, say } = around;
  const isNew = !made.isCopied;
  const copiedS = isNew ? await firstStart(around) : null;
  const diskPerMillion = perMillion(await diskOf(around), made.plan.events);
  const startedAt = performance.now();
  const server = await start(around);
  const startMs = performance.now() - startedAt;
  const connections = openConnections(server.url, server.authorization, 1);
  try {
    await followed(server);
    const idle = server.memory().resident;
    const questions: LakeRound["questions"] = {};
    for (const question of questionsOf(made.plan)) {
      const asked = await timeQuestion(connections, question, { again: warmRuns, cpu: server.cpu });
      questions[question.name] = asked;
      say(
        `${question.name}: ${Math.round(asked.firstMs)} ms, then ${Math.round(asked.warmMs ?? 0)} ms ${asked.refused ?? ""}`,
      );
    }
    const read = await readTimelines(connections, made);
    const asked = server.memory().peak;
    const load = around.seconds === 0 ? null : await loadBeside(server, around);
    const { events, customers } = made.plan;
    return {
      events,
      customers,
      madeS: isNew ? made.seconds : null,
      decided: made.decided,
      copiedS,
      startMs,
      diskPerMillion,
      lakeFiles: lakeFilesIn(join(around.directory, "data")),
      questions,
      ...read,
      memory: { idle, asked, loaded: server.memory().peak },
      load,
    };
  } finally {
    connections.close();
    await server.stop();
  }
}

async function start({ directory, started }: Measuring): Promise<Server> {
  const server = await startServer({ dataDir: join(directory, "data"), logFile: join(directory, "server.log") });
  started(server);
  return server;
}

/** Everything that follows the state is copied from it; then answers are held against the draws. The seconds of copying. */
async function firstStart(around: Measuring): Promise<number> {
  const server = await start(around);
  const connections = openConnections(server.url, server.authorization, 1);
  try {
    const seconds = await followed(server);
    around.say(`profiles, orders and search are copied after ${Math.round(seconds)} s`);
    await checkTruth(connections, around.made);
    around.made.isCopied = true;
    noteMade(around.directory, around.made);
    return seconds;
  } finally {
    connections.close();
    await server.stop();
  }
}

/** Throws where SQL does not answer what the draws say. */
async function checkTruth(connections: Connections, { truth }: Made): Promise<void> {
  const { rows } = await ask(
    connections,
    "SELECT coalesce(event, type), count(*), sum(revenue_minor) FROM events GROUP BY 1",
  );
  const stored = Object.fromEntries(rows.map(([name, count]) => [String(name), Number(count)]));
  for (const [name, count] of Object.entries(truth.events)) {
    if (stored[name] !== count) throw new Error(`the lake has ${stored[name]} ${name}, drawn were ${count}`);
  }
  const stated = rows.reduce((sum, [, , revenue]) => sum + Number(revenue ?? 0), 0);
  const orders = (await ask(connections, "SELECT count(*), sum(net_minor) FROM orders")).rows[0] ?? [];
  const [count, net] = orders.map(Number);
  if (count !== truth.orders || net !== truth.revenueMinor || stated !== truth.revenueMinor) {
    throw new Error(
      `${count} orders of ${net} (events say ${stated}), drawn were ${truth.orders} of ${truth.revenueMinor}`,
    );
  }
}

/** What was measured before anything was sent to it. */
async function diskOf({ directory, made }: Measuring): Promise<Record<string, number>> {
  if (made.disk !== null) return made.disk;
  const dataDir = join(directory, "data");
  const { entries } = await diskUse(dataDir);
  const analytics = await diskUse(join(dataDir, "analytics"));
  const parts = new Map([...entries, ...analytics.entries]);
  parts.delete("analytics");
  made.disk = Object.fromEntries(parts);
  noteMade(directory, made);
  return made.disk;
}

function perMillion(disk: Record<string, number>, events: number): Record<string, number> {
  const total = Object.values(disk).reduce((sum, bytes) => sum + bytes, 0);
  const parts = Object.entries({ ...disk, total }).map(([part, bytes]) => [part, (bytes * million) / events]);
  return Object.fromEntries(parts) as Record<string, number>;
}

function lakeFilesIn(dataDir: string): number {
  const names = readdirSync(join(dataDir, "analytics", "lake"), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".parquet")).length;
}

/** Newest fifty events of random customers, all equally likely. */
async function readTimelines(
  connections: Connections,
  { plan }: Made,
): Promise<Pick<LakeRound, "timelineMs" | "timelineEvents" | "timelinesRefused">> {
  const shop = openShop(plan.seed, plan.customers);
  const draws = drawsAt(plan.seed + 1, 0);
  const latencies = latencyHistogram();
  let [events, refused] = [0, 0];
  for (let nth = 0; nth < timelines; nth++) {
    const { userId } = shop.customer(draws.below(plan.customers));
    const profile = await connections.get(`/api/profiles/user_id/${userId}`);
    // Who never logged in has no such id.
    if (profile.status === 404) continue;
    const { id } = JSON.parse(profile.body) as { id: string };
    const startedAt = performance.now();
    const { status, body } = await connections.get(`/api/profiles/id/${id}/events`);
    if (status === 503) {
      refused += 1;
      continue;
    }
    latencies.recordMs(performance.now() - startedAt);
    if (status !== 200) throw new Error(`a timeline was answered ${status}: ${body.slice(0, 300)}`);
    events += (JSON.parse(body) as { items: unknown[] }).items.length;
  }
  const timelineMs = quantiles(latencies.pack());
  return { timelineMs, timelineEvents: events / Math.max(1, timelineMs.count), timelinesRefused: refused };
}

async function loadBeside(server: Server, { directory, made, seconds, say }: Measuring): Promise<FullLoad> {
  const { seed, customers, events } = made.plan;
  const firstOrdinal = events + made.sent;
  const portion = { kind: "events", firstOrdinal, maxEvents: Number.MAX_SAFE_INTEGER, maxSeconds: seconds } as const;
  const load = await fullLoad({ server, seed, profiles: customers }, portion);
  made.sent += load.events;
  noteMade(directory, made);
  say(`full load: ${Math.round(load.processedPerS)} events a second end to end`);
  return load;
}

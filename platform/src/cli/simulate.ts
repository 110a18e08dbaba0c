import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { rename } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { sourceKinds, type SourceKind } from "../model/source.ts";
import { withBadCalls } from "../simulator/badCalls.ts";
import { inLiveOrder } from "../simulator/liveDay.ts";
import type { RetailerPlan } from "../simulator/persona.ts";
import { openRetailer, type Retailer } from "../simulator/retailer.ts";
import type { SimulatedCall } from "../simulator/scene.ts";
import { truthHeader, truthLine, truthOf, type Sent } from "../simulator/truth.ts";
import { connect, findUrl, type ConnectionFlags } from "./connection.ts";
import type { CliIo } from "./io.ts";
import type { Output } from "./output.ts";
import {
  directSink,
  ensureSources,
  fileSink,
  unwritable,
  wireSink,
  writeKeysOf,
  type CallSink,
  type WriteKeys,
} from "./simulatedSending.ts";
import { planOf, type PlanFlags } from "./simulatePlan.ts";
import { exitCodes, wrongUsage } from "./usage.ts";

export interface SimulateFlags extends ConnectionFlags, PlanFlags {
  /** Events a second; absent: as fast as it goes. */
  rate?: number;
  live?: boolean;
  truth?: string;
  out?: string;
  key?: Partial<WriteKeys>;
  rotateKeys?: boolean;
  badCalls?: boolean;
}

const defaultLiveEventsPerS = 10;

/** `c360 simulate`: a made-up retailer's customers, into a server, a data directory or a file. */
export async function simulate(io: CliIo, output: Output, flags: SimulateFlags): Promise<number> {
  if (flags.out !== undefined && (flags.live === true || flags.rate !== undefined)) {
    throw wrongUsage("--out is written as fast as it goes.", "Leave out --live and --rate, or send to a server.");
  }
  const plan = planOf(flags, io.now());
  if (flags.out !== undefined) return run(io, output, { plan, flags, sink: fileSink(flags.out) });
  const connection = await connect(io, flags, { mayCreate: true });
  const world = { clock: io, onWait: (message: string) => output.note(message) };
  try {
    let sink: CallSink;
    if (connection.via === "http") {
      const keys = await writeKeysOf(connection, flags.key ?? {}, flags.rotateKeys === true);
      sink = wireSink(findUrl(io, flags), keys, world);
    } else {
      await ensureSources(connection);
      sink = directSink(connection, world);
    }
    return await run(io, output, { plan, flags, sink, settled: () => connection.drained(output.note) });
  } finally {
    await connection.close();
  }
}

interface Run {
  plan: RetailerPlan;
  flags: SimulateFlags;
  sink: CallSink;
  /** Resolves when everything that was sent can be asked for. */
  settled?: () => Promise<void>;
}

async function run(io: CliIo, output: Output, { plan, flags, sink, settled }: Run): Promise<number> {
  const startedMs = io.now();
  const stopping = new AbortController();
  const forget = io.onSignal(() => stopping.abort());
  const counts = countsBySource();
  const retailer = flags.badCalls === true ? withBadCalls(openRetailer(plan)) : openRetailer(plan);
  const counted: CallSink = {
    take: async (calls) => {
      await sink.take(calls);
      for (const { source } of calls) counts[source]++;
    },
    finish: () => sink.finish(),
  };
  try {
    await historyDays(io, output, {
      retailer,
      sink: counted,
      rate: flags.live === true ? undefined : flags.rate,
      stop: stopping.signal,
      firstDay: 0,
    });
    if (flags.live === true && !stopping.signal.aborted) {
      const rate = flags.rate ?? defaultLiveEventsPerS;
      output.note(`The history is sent. Live at ${rate} events/s; Ctrl-C stops.`);
      await liveDays(io, { retailer, sink: counted, rate, stop: stopping.signal, firstDay: plan.days });
    }
    await counted.finish();
  } finally {
    forget();
  }
  if (flags.truth !== undefined) await writeTruth(flags.truth, plan, retailer.sent);
  const sentMs = io.now() - startedMs;
  await settled?.();
  return report(output, {
    plan,
    counts,
    sentMs,
    elapsedMs: io.now() - startedMs,
    stopped: stopping.signal.aborted,
    isLive: flags.live === true,
  });
}

function countsBySource(): Record<SourceKind, number> {
  return { crm: 0, erp: 0, pos: 0, iot: 0, social: 0, web: 0, mobile: 0 };
}

/** Enough for a full batch of most sources. */
const maxChunkCalls = 2_000;
const chunksPerS = 4;

interface Sending {
  retailer: Retailer;
  sink: CallSink;
  /** Events a second; undefined: as fast as it goes. */
  rate: number | undefined;
  stop: AbortSignal;
  /** 0, or where an earlier sending ended. */
  firstDay: number;
  /** All days before it are taken. */
  onDays?: (day: number) => void;
}

/** The days of the plan in order; the next portion is made while the last one is on its way. */
export async function historyDays(io: Pick<CliIo, "now" | "sleep">, output: Output, sending: Sending): Promise<void> {
  const { retailer, sink, rate, stop, firstDay, onDays } = sending;
  const { days } = retailer.plan;
  const progress = output.progress("history", days, "days");
  const pace = paceOf(io, rate, stop);
  let underWay: Promise<void> = Promise.resolve();
  const send = async (calls: SimulatedCall[], takenDays: number | null): Promise<void> => {
    await underWay;
    await pace(calls.length);
    if (stop.aborted) return;
    underWay = sink.take(calls).then(() => (takenDays === null ? undefined : onDays?.(takenDays)));
    // It is awaited before the next, which is later than an unhandled rejection is told.
    underWay.catch(() => {});
  };
  try {
    let pending: SimulatedCall[] = [];
    for (let day = firstDay; day < days && !stop.aborted; day++) {
      pending = pending.concat(retailer.day(day));
      progress.update(day);
      if (pending.length < chunkSize(rate) && day < days - 1) continue;
      for (const [index, chunk] of inChunks(pending, chunkSize(rate)).entries()) {
        const isLast = (index + 1) * chunkSize(rate) >= pending.length;
        await send(chunk, isLast ? day + 1 : null);
        if (stop.aborted) break;
      }
      pending = [];
    }
    await underWay;
  } finally {
    progress.stop();
  }
}

function inChunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function chunkSize(rate: number | undefined): number {
  return rate === undefined ? maxChunkCalls : Math.min(maxChunkCalls, Math.max(1, Math.ceil(rate / chunksPerS)));
}

/** Holds calls back to the rate; a stop ends the waiting. */
function paceOf(io: Pick<CliIo, "now" | "sleep">, rate: number | undefined, stop: AbortSignal) {
  let dueMs = io.now();
  return async (calls: number): Promise<void> => {
    if (rate === undefined) return;
    const waitMs = dueMs - io.now();
    // Who fell behind does not catch up in a burst.
    dueMs = Math.max(dueMs, io.now() - 1_000) + (calls * 1_000) / rate;
    if (waitMs > 0) await io.sleep(waitMs, stop).catch(() => {});
  };
}

export interface LiveSending {
  retailer: Retailer;
  sink: CallSink;
  /** Events a second. */
  rate: number;
  stop: AbortSignal;
  /** After those that the retailer has given out. */
  firstDay: number;
  /** Of that day, how many calls were taken before. */
  firstCall?: number;
  /** So many of the day's calls are taken. */
  onTaken?: (day: number, calls: number) => void;
}

/**
 * Goes on with the same people at a rate that can be watched, until stopped: their next days, stamped with now. A
 * retailer of some thousand customers has one event every few minutes in truth; here it has as many as asked for.
 */
export async function liveDays(
  io: Pick<CliIo, "now" | "sleep">,
  { retailer, sink, rate, stop, firstDay, firstCall = 0, onTaken }: LiveSending,
): Promise<void> {
  const pace = paceOf(io, rate, stop);
  const chunkCalls = chunkSize(rate);
  for (let day = firstDay, first = firstCall; !stop.aborted; day++, first = 0) {
    const calls = inLiveOrder(retailer.plan, day, retailer.day(day));
    for (let from = first; from < calls.length && !stop.aborted; from += chunkCalls) {
      const chunk = calls.slice(from, from + chunkCalls);
      await pace(chunk.length);
      if (stop.aborted) return;
      const at = io.now();
      const timestamp = new Date(at).toISOString();
      await sink.take(
        chunk.map(({ call, ...one }) => ({ ...one, at, call: { ...call, timestamp, sentAt: timestamp } })),
      );
      onTaken?.(day, from + chunk.length);
    }
  }
}

const truthRowsPerWrite = 1_000;

async function writeTruth(file: string, plan: RetailerPlan, sent: Sent): Promise<void> {
  const stream = createWriteStream(`${file}.part`);
  try {
    await once(stream, "open");
    let text = truthHeader;
    let rows = 0;
    for (const row of truthOf(plan, sent)) {
      text += truthLine(row);
      if (++rows % truthRowsPerWrite !== 0) continue;
      if (!stream.write(text)) await once(stream, "drain");
      text = "";
    }
    stream.end(text);
    await finished(stream);
    await rename(`${file}.part`, file);
  } catch (error) {
    throw unwritable(error);
  }
}

interface Told {
  plan: RetailerPlan;
  counts: Record<SourceKind, number>;
  /** Until everything was acknowledged or written. */
  sentMs: number;
  /** Until it could be asked for, too. */
  elapsedMs: number;
  stopped: boolean;
  isLive: boolean;
}

function report(output: Output, { plan, counts, sentMs, elapsedMs, stopped, isLive }: Told): number {
  const events = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const eventsPerS = Math.round((events / Math.max(sentMs, 1)) * 1_000);
  const { customers, seed, days, startMs } = plan;
  if (output.json) {
    const start = new Date(startMs).toISOString();
    output.document({ customers, seed, start, days, events, bySource: counts, stopped, sentMs, elapsedMs, eventsPerS });
  } else {
    const each = sourceKinds.map((kind) => `${kind} ${counts[kind].toLocaleString("en-US")}`).join(", ");
    const all = `${events.toLocaleString("en-US")} events of ${customers.toLocaleString("en-US")} customers in ${days} days`;
    output.note(`${all} (${eventsPerS.toLocaleString("en-US")} events/s)\n${each}`);
  }
  // Who stops a run that would not end by itself has got what they wanted.
  return stopped && !isLive ? exitCodes.failed : exitCodes.done;
}

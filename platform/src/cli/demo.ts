import pino from "pino";
import { readSettings, type SettingOverrides, type Settings } from "../runtime/settings.ts";
import { withBadCalls } from "../simulator/badCalls.ts";
import { openRetailer } from "../simulator/retailer.ts";
import { showcaseOf } from "../simulator/showcase.ts";
import { connect, type Connection } from "./connection.ts";
import { defaultDemoDir } from "./demoDir.ts";
import { demoWelcome } from "./demoWelcome.ts";
import { readDemoState, writeDemoState, type DemoState } from "./demoState.ts";
import type { CliIo } from "./io.ts";
import { openBrowser } from "./openBrowser.ts";
import type { Output } from "./output.ts";
import { endOf, maxStopMs, stopSignal, withinMs } from "./serve.ts";
import { historyDays, liveDays } from "./simulate.ts";
import { wireSink, writeKeysOf, type CallSink } from "./simulatedSending.ts";
import { planOf } from "./simulatePlan.ts";

export interface DemoFlags extends SettingOverrides {
  customers: number;
  seed: number;
  months: number;
  rate: number;
  open: boolean;
}

/**
 * `c360 demo`: the platform with its own data directory, months of a made-up retailer's history, and live events of all
 * seven kinds until a signal. Started again it goes on: a history that was interrupted is finished, live events come
 * of the days that follow.
 */
export async function demo(io: CliIo, output: Output, flags: DemoFlags): Promise<number> {
  const settings = demoSettings(io, flags);
  const { servePlatform } = await io.loadRuntime();
  const log = pino({ level: settings.logLevel, base: null }, { write: (line) => io.stderr(line) });
  const stopped = stopSignal(io);
  const platform = await servePlatform(settings, { log, isPrepared: true }).catch((error: unknown) => {
    stopped.forget();
    throw error;
  });
  const stop = new AbortController();
  let failure: unknown = null;
  let ended: Promise<void> = Promise.resolve();
  try {
    const state = await prepared(io, settings, flags);
    io.stdout(demoWelcome({ url: platform.url, state, dataDir: settings.dataDir, eventsPerS: flags.rate }));
    if (flags.open) openBrowser(`${platform.url}/#token=${state.token ?? ""}`, io.env);
    const sending = sendAll(io, output, { state, settings, url: platform.url, rate: flags.rate, stop: stop.signal });
    ended = sending.catch((error: unknown) => {
      // A stop breaks off whoever waits to send again: that is no failure.
      if (!stop.signal.aborted) failure = error;
    });
    await Promise.race([stopped.wished, ended]);
    if (failure === null) io.stdout("Stopping…\n");
    stop.abort();
  } catch (error) {
    failure = error;
  }
  // First whoever sends, who would else knock at a closed door and keep the process alive.
  const closed = ended.then(() => platform.close());
  const isClosed = await withinMs(io, closed, maxStopMs);
  stopped.forget();
  if (failure !== null) throw failure;
  return endOf(io, isClosed, platform);
}

/** The environment's, but for the data directory; quiet unless asked otherwise. */
function demoSettings(io: CliIo, { port, host, dataDir }: DemoFlags): Settings {
  const env = { ...io.env, C360_DATA_DIR: "", C360_WRITE_KEY: "", C360_LOG_LEVEL: io.env["C360_LOG_LEVEL"] || "warn" };
  return readSettings(env, { port, host, dataDir: dataDir ?? defaultDemoDir });
}

/** The state is on disk before anything is sent, so that whatever happens the same retailer goes on. */
async function prepared(io: CliIo, settings: Settings, flags: DemoFlags): Promise<DemoState> {
  const { dataDir } = settings;
  const held = readDemoState(dataDir);
  const state = held ?? newState(flags, io.now());
  const connection = await connect(local(io), { dataDir });
  try {
    state.keys = await writeKeysOf(connection, await knownKeys(connection, state), true);
    if (state.token === null) state.token = (await connection.createToken("demo console")).token;
  } finally {
    await connection.close();
  }
  writeDemoState(dataDir, state);
  return state;
}

/** A C360_URL is about another server. */
function local(io: CliIo): CliIo {
  return { ...io, env: { ...io.env, C360_URL: "" } };
}

/** Keys are only good for sources that are there. */
async function knownKeys(connection: Connection, { keys }: DemoState): Promise<DemoState["keys"]> {
  const known = new Set((await connection.sources()).map(({ id }) => id));
  return Object.fromEntries(Object.entries(keys).filter(([kind]) => known.has(kind)));
}

function newState(flags: DemoFlags, nowMs: number): DemoState {
  const plan = planOf(flags, nowMs);
  const showcase = showcaseOf(plan);
  return { plan, keys: {}, token: null, historyDay: 0, liveDay: plan.days, liveCalls: 0, showcase };
}

interface DemoSending {
  state: DemoState;
  settings: Settings;
  url: string;
  rate: number;
  stop: AbortSignal;
}

/** History and live events side by side: the first minute has both. */
async function sendAll(io: CliIo, output: Output, { state, settings, url, rate, stop }: DemoSending): Promise<void> {
  const clock = { now: () => io.now(), sleep: (ms: number) => io.sleep(ms, stop) };
  const onWait = (): void => {};
  const sink = wireSink(url, state.keys as Parameters<typeof wireSink>[1], { clock, onWait });
  const save = (): void => {
    writeDemoState(settings.dataDir, state);
  };
  await Promise.all([
    sendHistory(io, output, { state, sink, save, stop }),
    sendLive(io, { state, sink, save, rate, stop }),
  ]);
}

interface Part {
  state: DemoState;
  sink: CallSink;
  save: () => void;
  stop: AbortSignal;
}

async function sendHistory(io: CliIo, output: Output, { state, sink, save, stop }: Part): Promise<void> {
  const { plan } = state;
  if (state.historyDay >= plan.days) return;
  const startedMs = io.now();
  let events = 0;
  const retailer = withBadCalls(openRetailer(plan, state.historyDay));
  const counting: CallSink = {
    ...sink,
    take: async (calls) => {
      await sink.take(calls);
      events += calls.length;
    },
  };
  const onDays = (done: number): void => {
    state.historyDay = done;
    save();
  };
  await historyDays(io, output, {
    retailer,
    sink: counting,
    rate: undefined,
    stop,
    firstDay: state.historyDay,
    onDays,
  });
  if (stop.aborted) return;
  const seconds = ((io.now() - startedMs) / 1_000).toFixed(1);
  io.stdout(`The history is in: ${events.toLocaleString("en-US")} events in ${seconds} s.\n`);
}

async function sendLive(io: CliIo, { state, sink, save, rate, stop }: Part & { rate: number }): Promise<void> {
  const { plan, liveDay: firstDay, liveCalls: firstCall } = state;
  const retailer = withBadCalls(openRetailer(plan, firstDay));
  const onTaken = (day: number, calls: number): void => {
    state.liveDay = day;
    state.liveCalls = calls;
    save();
  };
  await liveDays(io, { retailer, sink, rate, stop, firstDay, firstCall, onTaken });
}

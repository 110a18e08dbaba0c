import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { diskUse } from "../../platform/src/adapters/embedded/diskUse.ts";
import { fullLoad, halfLoad, singleEvents, type Target } from "./loadPhases.ts";
import type { FullLoad, Round } from "./measurements.ts";
import type { Options, Phase } from "./options.ts";
import { readProfiles } from "./profileReads.ts";
import { followSearch, followEventsPerS } from "./searchFollow.ts";
import { followed } from "./progress.ts";
import { serverPaths, startServer, type Server } from "./server.ts";

const maxFillSeconds = 60 * 60;
/** Before the memory of an idle server is read. */
const settleMs = 3_000;
/** What half of the reached load is taken to be where the load was not measured. */
const assumedEventsPerS = 20_000;

export interface Surroundings {
  /** An empty directory for one size's data; removed when the size is done. */
  directory: string;
  say: (line: string) => void;
  /** Called with each server, so that an interrupted run can stop it. */
  started: (server: Server) => void;
}

/**
 * One size: signs everybody up, measures, and where `again` says so measures once more after that many events. Each
 * round is told as soon as it is done: what comes after may take long, or fail.
 */
export async function measureSize(
  profiles: number,
  options: Options & { again: boolean },
  around: Surroundings & { measured: (round: Round) => void },
): Promise<void> {
  const { say, measured } = around;
  const paths = serverPaths(around.directory);
  const start = async (cpuProfileDir: string | null): Promise<Server> => {
    const server = await startServer({ ...paths, ...(cpuProfileDir === null ? {} : { cpuProfileDir }) });
    around.started(server);
    return server;
  };
  const run: Run = {
    target: { server: await start(null), seed: options.seed, profiles },
    options,
    say,
    events: 0,
    dataDir: paths.dataDir,
    idleAtStart: null,
    restart: async () => {
      await run.target.server.stop();
      const startedAt = performance.now();
      run.target = { ...run.target, server: await start(options.cpuProfileDir) };
      return performance.now() - startedAt;
    },
  };
  try {
    await sleep(settleMs);
    run.idleAtStart = run.target.server.memory().resident;
    const signedUp = await signUp(run.target);
    say(`${profiles} customers signed up, ${Math.round(signedUp.processedPerS)} a second`);
    // The profiles are to show the load, not the start and the sign-ups.
    if (options.cpuProfileDir !== null) await run.restart();
    measured(await measureRound(run));
    if (options.again && options.afterEvents > profiles + run.events) {
      await fill(run, options.afterEvents - profiles - run.events);
      measured(await measureRound(run));
    }
  } finally {
    await run.target.server.stop();
    rmSync(around.directory, { recursive: true, force: true });
  }
}

interface Run {
  target: Target;
  options: Options;
  say: (line: string) => void;
  /** Events sent after the sign-ups: the next one's ordinal. */
  events: number;
  dataDir: string;
  /** Resident bytes of the server before anything was sent. */
  idleAtStart: number | null;
  /** Stops the server and starts it again; the ms from starting the process until it is ready. */
  restart: () => Promise<number>;
}

function signUp(target: Target): Promise<FullLoad> {
  const everybody = { firstOrdinal: 0, maxEvents: target.profiles, maxSeconds: maxFillSeconds };
  return fullLoad(target, { kind: "signUps", ...everybody });
}

async function fill(run: Run, events: number): Promise<void> {
  run.say(`sending ${events} more events`);
  const portion = { kind: "events", firstOrdinal: run.events, maxEvents: events, maxSeconds: maxFillSeconds } as const;
  const filled = await fullLoad(run.target, portion, false);
  run.events += filled.events;
  run.say(`${filled.events} events, ${Math.round(filled.processedPerS)} a second`);
  const seconds = await followed(run.target.server, false);
  run.say(`search and SQL hold them ${Math.round(seconds)} s later`);
}

type Measured = Pick<Round, "full" | "half" | "single" | "reads" | "follow" | "startMs">;

/** What each phase adds to a round, in the order in which they come. */
const phaseRuns: Readonly<Record<Exclude<Phase, "search">, (run: Run, sofar: Measured) => Promise<Measured>>> = {
  load: async (run) => {
    const full = await fullLoad(run.target, portionOf(run));
    run.events += full.events;
    run.say(`full load: ${Math.round(full.processedPerS)} events a second end to end`);
    return { full };
  },
  half: async (run, { full }) => {
    await followed(run.target.server, false);
    const eventsPerS = Math.round((full?.processedPerS ?? assumedEventsPerS) / 2);
    const portion = { ...portionOf(run), maxEvents: eventsPerS * run.options.seconds };
    const half = await halfLoad(run.target, portion, eventsPerS);
    run.events += half.events;
    run.say(`half load: an event is visible after ${half.visibleMs.p50} ms (p50), ${half.visibleMs.p99} ms (p99)`);
    return { half };
  },
  single: async (run) => {
    await followed(run.target.server);
    const portion = { ...portionOf(run), maxSeconds: Math.ceil(run.options.seconds / 2) };
    const single = await singleEvents(run.target, portion);
    run.events += single.events;
    run.say(`single events: ${Math.round(single.acknowledgedPerS)} acknowledged a second`);
    return { single };
  },
  reads: async (run) => {
    await followed(run.target.server);
    const reads = await readProfiles(run.target, run.options.seconds);
    run.say(`reads: ${Math.round(reads.perS)} a second`);
    return { reads };
  },
  follow: async (run) => {
    const load = { ...portionOf(run), maxEvents: followEventsPerS * run.options.seconds };
    const follow = await followSearch(run.target, load);
    run.events += load.maxEvents;
    run.say(`search finds an event after ${follow.foundMs.p50} ms (p50), ${follow.foundMs.p99} ms (p99)`);
    return { follow };
  },
  start: async (run) => {
    await followed(run.target.server);
    const startMs = await run.restart();
    run.say(`a start takes ${(startMs / 1_000).toFixed(1)} s`);
    return { startMs };
  },
};

async function measureRound(run: Run): Promise<Round> {
  const { profiles } = run.target;
  const eventsBefore = profiles + run.events;
  run.target.server.memory();
  let measured: Measured = {};
  let peak: number | null = null;
  for (const [phase, measure] of Object.entries(phaseRuns)) {
    if (!run.options.phases.includes(phase as Phase)) continue;
    // A profiled start is slower, and its profile would be taken for one of the load.
    if (phase === "start" && run.options.cpuProfileDir !== null) continue;
    if (phase === "start") peak = run.target.server.memory().peak;
    measured = { ...measured, ...(await measure(run, measured)) };
  }
  peak = Math.max(peak ?? 0, run.target.server.memory().peak ?? 0) || null;
  const events = profiles + run.events;
  const { entries } = await diskUse(run.dataDir);
  const disk = [...entries].map(([part, bytes]) => [part, bytes / events] as const);
  return {
    profiles,
    eventsBefore,
    ...measured,
    memory: { idleAtStart: run.idleAtStart, peak },
    diskBytesPerEvent: { ...Object.fromEntries(disk), total: disk.reduce((sum, [, bytes]) => sum + bytes, 0) },
  };
}

/** Ordinals go on where the last phase ended, so that no messageId comes twice. */
function portionOf({ events, options }: Run): Parameters<typeof fullLoad>[1] {
  return { kind: "events", firstOrdinal: events, maxEvents: Number.MAX_SAFE_INTEGER, maxSeconds: options.seconds };
}

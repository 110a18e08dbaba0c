import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { diskUse } from "../../platform/src/adapters/embedded/diskUse.ts";
import { fullLoad, halfLoad, type Target } from "./loadPhases.ts";
import type { FullLoad, HalfLoad, Reads, Round, SearchFollow } from "./measurements.ts";
import type { Options } from "./options.ts";
import { readProfiles } from "./profileReads.ts";
import { followSearch, followEventsPerS } from "./searchFollow.ts";
import { firstTime } from "./progress.ts";
import { serverPaths, startServer, type Server, type ServerStatus } from "./server.ts";

const maxFillSeconds = 60 * 60;
/** Between a fill and what is measured after it, for search, SQL and timelines to hold all of it. */
const maxFollowMs = 60 * 60_000;
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
  let server = await start(null);
  try {
    await sleep(settleMs);
    const idleAtStart = server.memory().resident;
    const signedUp = await signUp({ server, seed: options.seed, profiles });
    say(`${profiles} customers signed up, ${Math.round(signedUp.processedPerS)} a second`);
    if (options.cpuProfileDir !== null) {
      // The profiles are to show the load, not the start and the sign-ups.
      await server.stop();
      server = await start(options.cpuProfileDir);
    }
    const run: Run = { target: { server, seed: options.seed, profiles }, options, say, events: 0 };
    const around = { profiles, idleAtStart, dataDir: paths.dataDir };
    measured(await measureRound(run, around));
    if (options.again && options.afterEvents > profiles + run.events) {
      await fill(run, options.afterEvents - profiles - run.events);
      measured(await measureRound(run, around));
    }
  } finally {
    await server.stop();
    rmSync(around.directory, { recursive: true, force: true });
  }
}

interface Run {
  target: Target;
  options: Options;
  say: (line: string) => void;
  /** Events sent after the sign-ups: the next one's ordinal. */
  events: number;
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
  // What follows must not be busy with them while the next round is measured.
  const processedAt = Date.now();
  const isFollowed = ({ searchAsOf, analyticsAsOf }: ServerStatus) =>
    Math.min(searchAsOf, analyticsAsOf) >= processedAt;
  if ((await firstTime(run.target.server, isFollowed, maxFollowMs)) === null) {
    throw new Error(`search or SQL was still behind ${maxFollowMs / 60_000} minutes later`);
  }
  run.say(`search and SQL hold them ${Math.round((Date.now() - processedAt) / 1_000)} s later`);
}

async function measureRound(
  run: Run,
  about: { profiles: number; idleAtStart: number | null; dataDir: string },
): Promise<Round> {
  const { target, options, say } = run;
  const eventsBefore = about.profiles + run.events;
  target.server.memory();
  let full: FullLoad | undefined;
  let half: HalfLoad | undefined;
  let reads: Reads | undefined;
  let follow: SearchFollow | undefined;
  if (options.phases.includes("load")) {
    full = await fullLoad(target, portionOf(run));
    run.events += full.events;
    say(`full load: ${Math.round(full.processedPerS)} events a second end to end`);
  }
  if (options.phases.includes("half")) {
    const eventsPerS = Math.round((full?.processedPerS ?? assumedEventsPerS) / 2);
    half = await halfLoad(target, { ...portionOf(run), maxEvents: eventsPerS * options.seconds }, eventsPerS);
    run.events += half.events;
    say(`half load: an event is visible after ${half.visibleMs.p50} ms (p50), ${half.visibleMs.p99} ms (p99)`);
  }
  if (options.phases.includes("reads")) {
    reads = await readProfiles(target, Math.ceil(options.seconds / 2));
    say(`reads: ${Math.round(reads.perS)} a second`);
  }
  if (options.phases.includes("follow")) {
    const load = { ...portionOf(run), maxEvents: followEventsPerS * options.seconds };
    const followed = await followSearch(target, load);
    follow = followed;
    run.events += load.maxEvents;
    say(`search finds an event after ${followed.foundMs.p50} ms (p50), ${followed.foundMs.p99} ms (p99)`);
  }
  const events = about.profiles + run.events;
  const { entries } = await diskUse(about.dataDir);
  const disk = [...entries].map(([part, bytes]) => [part, bytes / events] as const);
  return {
    profiles: about.profiles,
    eventsBefore,
    ...(full === undefined ? {} : { full }),
    ...(half === undefined ? {} : { half }),
    ...(reads === undefined ? {} : { reads }),
    ...(follow === undefined ? {} : { follow }),
    memory: { idleAtStart: about.idleAtStart, peak: target.server.memory().peak },
    diskBytesPerEvent: { ...Object.fromEntries(disk), total: disk.reduce((sum, [, bytes]) => sum + bytes, 0) },
  };
}

/** Ordinals go on where the last phase ended, so that no messageId comes twice. */
function portionOf({ events, options }: Run): Parameters<typeof fullLoad>[1] {
  return { kind: "events", firstOrdinal: events, maxEvents: Number.MAX_SAFE_INTEGER, maxSeconds: options.seconds };
}

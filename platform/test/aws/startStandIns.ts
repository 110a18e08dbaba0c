import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kinesalite } from "./standIns/kinesalite.ts";
import { ministack } from "./standIns/ministack.ts";
import { openSearch } from "./standIns/openSearch.ts";
import { Missing, type StandIn, type StandInName, type StandIns, type StandInState } from "./standIns/standIn.ts";
import type { Order, Word } from "./supervisor.ts";

const known: readonly StandIn[] = [ministack, kinesalite, openSearch];
const pollMs = 100;
const loggedLines = 15;

export interface RunningStandIns {
  standIns: StandIns;
  /** Ends when all of them have. */
  stop(): Promise<void>;
}

/**
 * Installs the stand-ins into `folder` where they are not yet, and starts them side by side, each on a free port of
 * 127.0.0.1. One that cannot be had, or is not among `wanted`, is told as missing; nothing else is affected by that.
 */
export async function startStandIns(folder: string, wanted: ReadonlySet<string> | null): Promise<RunningStandIns> {
  await mkdir(folder, { recursive: true });
  const supervisor = fork(join(import.meta.dirname, "supervisor.ts"), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = endings(supervisor);
  const stop = async (): Promise<void> => {
    if (supervisor.exitCode !== null || supervisor.signalCode !== null) return;
    const exited = once(supervisor, "exit");
    supervisor.disconnect();
    await exited;
  };
  try {
    const states = await Promise.all(
      known.map(async (standIn): Promise<[StandInName, StandInState]> => {
        const isWanted = wanted === null || wanted.has(standIn.name);
        const missing = { missing: "not asked for (C360_STAND_INS)" };
        return [standIn.name, isWanted ? await startOrMiss(standIn, folder, supervisor, ended) : missing];
      }),
    );
    return { standIns: Object.fromEntries(states) as StandIns, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startOrMiss(
  standIn: StandIn,
  folder: string,
  supervisor: ChildProcess,
  ended: ReadonlyMap<string, number | null>,
): Promise<StandInState> {
  const own = join(folder, standIn.name);
  try {
    await standIn.install(own);
    await mkdir(own, { recursive: true });
    await forgetRuns(own);
    const port = await freePort();
    const log = join(folder, `${standIn.name}.log`);
    supervisor.send({ start: standIn.name, launch: await standIn.launch(own, port), log } satisfies Order);
    const url = `http://127.0.0.1:${port}`;
    await untilReady(standIn, url, log, ended);
    return { url };
  } catch (error) {
    if (error instanceof Missing) return { missing: `${standIn.name} (${standIn.services}): ${error.message}` };
    throw error;
  }
}

async function untilReady(
  standIn: StandIn,
  url: string,
  log: string,
  ended: ReadonlyMap<string, number | null>,
): Promise<void> {
  const until = performance.now() + standIn.maxStartMs;
  for (;;) {
    if (await standIn.isReady(url).catch(() => false)) return;
    const why = ended.has(standIn.name)
      ? `ended with ${ended.get(standIn.name)}`
      : performance.now() > until
        ? `does not answer after ${standIn.maxStartMs / 1_000} s`
        : null;
    if (why !== null) {
      const said = readFileSync(log, "utf8").trimEnd().split("\n").slice(-loggedLines).join("\n");
      throw new Error(`${standIn.name} ${why}; it said:\n${said}`);
    }
    await sleep(pollMs);
  }
}

/** Names of those that ended, with their exit codes. */
function endings(supervisor: ChildProcess): ReadonlyMap<string, number | null> {
  const ended = new Map<string, number | null>();
  supervisor.on("message", (word: Word) => ended.set(word.ended, word.code));
  return ended;
}

/** What a run before this one left behind because it was killed. */
async function forgetRuns(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith("run-")) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}

import { hasStrace, injecting, places, type Injection } from "../strace.ts";
import { busy, expectTold, pause, started, type FaultKind, type Trial } from "../trial.ts";

const maxIntoStartMs = 2_500;
const maxIntoLoadMs = 2_000;
const maxIntoStopMs = 400;
const mostKills = 4;
const maxUnderTraceMs = 12_000;

/** At random moments of starting (which recovers), of load, and of stopping. */
export const kills: FaultKind = {
  name: "kill",
  lacks: () => null,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    const times = draws.between(1, mostKills);
    for (let nth = 0; nth < times; nth++) {
      const server = site.launch();
      const stage = draws.pick(["start", "load", "load", "stop"] as const);
      if (stage === "start") say(`killed ${await pause(trial, maxIntoStartMs)} ms into its start`);
      else {
        await server.ready();
        const ms = await pause(trial, maxIntoLoadMs);
        if (stage === "stop") process.kill(-server.pid, "SIGTERM");
        say(`killed ${stage === "stop" ? await pause(trial, maxIntoStopMs) : ms} ms into its ${stage}`);
      }
      await server.kill();
    }
    return null;
  },
};

const calls: readonly Injection["call"][] = ["pwrite64", "pwrite64", "fdatasync", "fsync", "rename", "ftruncate"];

/** At the n-th call of a thread that changes a file: of any file, or of one part of the data directory. */
export const killsAtWrites: FaultKind = {
  name: "kill-at-write",
  lacks: () => (hasStrace() ? null : "strace"),
  happen: async (trial) => {
    const { site, draws, say } = trial;
    if (draws.chance(0.7)) {
      const first = await site.start();
      await busy(trial, first, draws.between(50, 600));
      await first.kill();
    }
    const place = draws.chance(0.3) ? null : draws.pick(places);
    const call = place === "messages" && draws.chance(0.6) ? "write" : draws.pick(calls);
    const nth = Math.floor(draws.next() ** 3 * 200) + 1;
    const injection: Injection = { call, effect: "signal=KILL", when: String(nth), place };
    const isReached = await killAt(trial, injection);
    say(`${isReached ? "killed at" : "not reached:"} ${call} ${nth} of ${place ?? "any file"}`);
    return null;
  },
};

/** Whether the call came before the run was over. */
async function killAt({ site }: Pick<Trial, "site">, injection: Injection): Promise<boolean> {
  const server = site.launch({ under: injecting(injection, site.dataDir) });
  const ended = await Promise.race([
    server.ended,
    new Promise<null>((resolve) => setTimeout(() => resolve(null), maxUnderTraceMs).unref()),
  ]);
  if (ended === null) await server.kill();
  else if (ended.signal !== "SIGKILL") await expectTold(server);
  return ended?.signal === "SIGKILL";
}

/** The machine stands still for some seconds. */
export const pauses: FaultKind = {
  name: "pause",
  lacks: () => null,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    const server = site.launch();
    const isEarly = draws.chance(0.3);
    if (isEarly) await pause(trial, maxIntoStartMs);
    else {
      await server.ready();
      await busy(trial, server, draws.between(20, 400));
    }
    process.kill(-server.pid, "SIGSTOP");
    say(`stood still for ${await pause(trial, 5_000)} ms${isEarly ? " in its start" : ""}`);
    process.kill(-server.pid, "SIGCONT");
    if (!(await started(server))) throw new Error("a pause ended it");
    await busy(trial, server, 50);
    return server;
  },
};

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openHandles } from "../openHandles.ts";
import { until } from "../../whole/polling.ts";
import type { Served } from "../../whole/server.ts";
import { busy, endsWithin, expectTold, pause, started, type FaultKind } from "../trial.ts";

const preload = new URL("../preload.ts", import.meta.url).href;
export const withPreload = { NODE_OPTIONS: `--import=${preload}` };
const day = 86_400_000;
const mostDays = 400;
const mostJumps = 4;
const maxPendingMs = 30_000;

/** The clock jumps, both ways, while it runs and over a start. */
export const clocks: FaultKind = {
  name: "clock",
  lacks: () => null,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    const clock = join(site.folder, "clock");
    const set = (aheadMs: number): void => writeFileSync(clock, String(aheadMs));
    const jump = (): void => {
      const days = draws.between(-mostDays, mostDays) * draws.pick([1, 0.01, 0.001]);
      say(`the clock went ${days.toFixed(2)} days off`);
      set(Math.round(days * day));
    };
    if (draws.chance(0.5)) jump();
    const env = { ...withPreload, C360_TEST_CLOCK: clock };
    const server = await site.start({ env });
    for (let jumps = draws.between(1, mostJumps); jumps > 0; jumps--) {
      await busy(trial, server, draws.between(20, 200));
      jump();
      await busy(trial, server, draws.between(20, 200));
      await until("what was taken is decided under a wrong clock", maxPendingMs, async () => {
        if (server.hasEnded()) throw new Error(`a wrong clock ended it: ${server.stderr().slice(-1_000)}`);
        return (await site.reads.status()).pendingRecords < 500;
      });
    }
    if (draws.chance(0.5)) await server.kill();
    else await server.stop();
    return null;
  },
};

const threads = ["ingestion", "analytics", "search", "reviews", "archiving"] as const;
const mostCrashes = 3;
/** In which a thread that has crashed is gone, and what that leads to has come. */
const aftermathMs = 3_000;

/**
 * Whether DuckDB's binding took the process with it: a thread that ends while one of its questions is being answered
 * has nobody to tell, and the binding (1.5) throws where nothing catches. The next start has everything there.
 */
async function endedByBinding(server: Served): Promise<boolean> {
  if (!server.hasEnded()) return false;
  const { signal, stderr } = await server.ended;
  return signal === "SIGABRT" && stderr.includes("Napi::Error");
}

/** A worker thread dies of an error that nothing catches: ingestion's ends the process, any other is started again. */
export const crashes: FaultKind = {
  name: "thread",
  lacks: () => null,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    const thread = draws.pick(threads);
    const afterMs = draws.between(0, 3_000);
    const times = thread === "ingestion" ? 1 : draws.between(1, mostCrashes);
    const marks = join(site.folder, "crashes");
    say(`the ${thread} thread crashed ${times} times, ${afterMs} ms after its start`);
    const server = site.launch({
      env: { ...withPreload, C360_TEST_CRASH: JSON.stringify([thread, afterMs, times, marks]) },
    });
    const isStarted = await started(server).catch(async (error: unknown) => {
      if (await endedByBinding(server)) return false;
      throw error;
    });
    if (!isStarted) {
      if (thread === "ingestion" || (await endedByBinding(server))) return null;
      throw new Error(`a crash of ${thread} ended its start: ${server.stderr().slice(-1_000)}`);
    }
    const crashed = (): boolean => existsSync(marks) && readFileSync(marks, "utf8").length >= times;
    await until("it crashed", maxPendingMs, () => crashed() || server.hasEnded());
    if (thread === "ingestion") {
      await endsWithin(server, "a platform that cannot decide ends");
      return null;
    }
    await busy(trial, server, 50);
    await sleep(aftermathMs);
    if (await endedByBinding(server)) {
      say("the engine's binding took the process with it");
      return null;
    }
    if (server.hasEnded()) throw new Error(`a crash of ${thread} ended it: ${server.stderr().slice(-1_000)}`);
    return server;
  },
};

/** Others try to open the directory while a server has it. */
export const seconds: FaultKind = {
  name: "second",
  lacks: () => null,
  happen: async (trial) => {
    const { site, draws, say } = trial;
    const server = await site.start();
    await busy(trial, server, draws.between(10, 200));
    const verbs = [["serve"], ["rebuild"], ["rebuild", "--verify"], ["doctor", "--deep"]] as const;
    for (let others = draws.between(1, 3); others > 0; others--) {
      const verb = draws.pick(verbs);
      const { code, stderr } = await site.verb(verb, { env: { C360_PORT: "0" } });
      say(`${verb.join(" ")} beside it ended with ${code}`);
      if (code === 0) throw new Error(`${verb.join(" ")} opened a directory that a server has open`);
      if (!stderr.startsWith("error: ")) throw new Error(`no word for it: ${stderr.slice(-500)}`);
    }
    await busy(trial, server, 50);
    return server;
  },
};

const leastFiles = 20;
const mostFiles = 140;
const idleConnections = 60;

/** Fewer file handles than it would like to have, from its start on or from some moment on. */
export const fewHandles: FaultKind = {
  name: "few-handles",
  lacks: () => (spawnSync("prlimit", ["--version"]).status === 0 ? null : "prlimit"),
  happen: async (trial) => {
    const { site, draws, say } = trial;
    if (draws.chance(0.4)) {
      const files = draws.between(leastFiles, mostFiles);
      say(`${files} file handles from the start`);
      const server = site.launch({ under: ["prlimit", `--nofile=${files}`] });
      if (!(await started(server))) return null;
      await pause(trial, 4_000);
      if (server.hasEnded()) await expectTold(server);
      else await server.kill();
      return null;
    }
    const server = await site.start();
    await busy(trial, server, draws.between(10, 200));
    const files = Math.max(8, openHandles(server.pid).length + draws.between(-10, 6));
    spawnSync("prlimit", ["--pid", String(server.pid), `--nofile=${files}:4096`]);
    const idle = Array.from({ length: idleConnections }, () => connect(site.port, "127.0.0.1").on("error", () => {}));
    say(`no more than ${files} file handles for ${await pause(trial, 4_000)} ms`);
    for (const socket of idle) socket.destroy();
    if (server.hasEnded()) {
      await expectTold(server);
      return null;
    }
    spawnSync("prlimit", ["--pid", String(server.pid), "--nofile=4096:4096"]);
    return server;
  },
};

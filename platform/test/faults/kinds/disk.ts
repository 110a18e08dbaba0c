import { hasStrace, injecting, places, type Injection, type Place } from "../strace.ts";
import { expectTold, pause, started, type FaultKind, type Trial } from "../trial.ts";
import type { Served } from "../../whole/server.ts";

const calls: Record<Place, readonly Injection["call"][]> = {
  log: ["pwrite64", "fdatasync", "fsync", "rename", "openat", "pread64", "read"],
  state: ["pwrite64", "fdatasync", "fsync", "ftruncate", "openat", "pread64"],
  messages: ["write", "fdatasync", "fsync", "rename", "openat", "pread64"],
  analytics: ["pwrite64", "fsync", "ftruncate", "openat", "pread64"],
  search: ["pwrite64", "fsync", "openat", "pread64"],
  reviews: ["pwrite64", "fsync", "openat", "pread64"],
  access: ["pwrite64", "fsync", "openat", "pread64"],
};
const writesErrors = ["EIO", "ENOSPC", "EDQUOT"] as const;
const otherErrors: Partial<Record<Injection["call"], readonly string[]>> = {
  openat: ["EMFILE", "EIO"],
  read: ["EIO"],
  pread64: ["EIO"],
  fdatasync: ["EIO", "ENOSPC"],
  fsync: ["EIO", "ENOSPC"],
  rename: ["EIO", "ENOSPC"],
};
const maxUnderFaultMs = 6_000;

/** The n-th call fails, some in a row, or all from there on; in one part of the data directory. */
export const errors: FaultKind = {
  name: "io-error",
  lacks: () => (hasStrace() ? null : "strace"),
  happen: async (trial) => {
    const { draws, say } = trial;
    const place = draws.pick(places);
    const call = draws.pick(calls[place]);
    const error = draws.pick(otherErrors[call] ?? writesErrors);
    const nth = Math.floor(draws.next() ** 2 * 120) + 1;
    const isLasting = draws.chance(0.4);
    const when = isLasting ? `${nth}+` : `${nth}..${nth + draws.between(0, 3)}`;
    say(`${call} ${when} of ${place} failed with ${error}`);
    return underFault(trial, { call, effect: `error=${error}`, when, place });
  },
};

const fullFrom = 5;
const mostFullFrom = 40;

/** From some write on, one part of the data directory takes no more. */
export function errorsOf(place: "state" | "analytics", error: "ENOSPC" | "EIO"): FaultKind {
  return {
    name: `${place}-${error}`,
    lacks: errors.lacks,
    happen: async (trial) => {
      const from = trial.draws.between(fullFrom, mostFullFrom);
      trial.say(`pwrite64 ${from}+ of ${place} failed with ${error}`);
      return underFault(trial, { call: "pwrite64", effect: `error=${error}`, when: `${from}+`, place });
    },
  };
}

/** Each such call takes long. */
export const slowness: FaultKind = {
  name: "slow-disk",
  lacks: () => (hasStrace() ? null : "strace"),
  happen: async (trial) => {
    const { draws, say } = trial;
    const place = draws.chance(0.3) ? null : draws.pick(places);
    const call = draws.pick(["fdatasync", "fsync", "pwrite64"] as const);
    const ms = draws.between(5, call === "pwrite64" ? 100 : 800);
    say(`each ${call} of ${place ?? "any file"} took ${ms} ms more`);
    return underFault(trial, { call, effect: `delay_enter=${ms}ms`, when: "1+", place }, { mayHang: true });
  },
};

/**
 * strace and its faults go with the process: whatever was not ended by the fault is stopped here. `mayHang`: a disk that
 * takes seconds for each call keeps it from its end.
 */
async function underFault(trial: Trial, injection: Injection, { mayHang = false } = {}): Promise<null> {
  const { site, draws, say } = trial;
  const server = site.launch({ under: injecting(injection, site.dataDir) });
  if (!(await started(server))) {
    say("it did not start");
    return null;
  }
  await pause(trial, maxUnderFaultMs);
  if (server.hasEnded()) {
    await expectTold(server);
    say("it ended by itself");
  } else if (draws.chance(0.5)) await server.kill();
  else if (mayHang) await stopSlow(server, say);
  else await stopTold(server);
  return null;
}

const cutOff = /did not stop within/;

async function stopTold(server: Served): Promise<void> {
  const { code, stderr } = await server.stop("SIGTERM");
  if (cutOff.test(stderr)) throw new Error(`a stop hangs: ${stderr.slice(-1_000)}`);
  if (code !== 0) await expectTold(server);
}

async function stopSlow(server: Served, say: Trial["say"]): Promise<void> {
  const asked = server.stop("SIGTERM").then(({ code }) => code);
  const code = await asked.catch(() => "late" as const);
  if (code !== 0) say("it did not stop in time");
  if (code === "late") await server.kill();
  else if (code !== 0) await expectTold(server);
}

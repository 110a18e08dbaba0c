import type { CliIo } from "./io.ts";
import { main } from "./main.ts";
import type { PlatformRuntime } from "./platformRuntime.ts";

/** A command line's world in memory; its sleeps are over at once. */
export interface FakeIo extends CliIo {
  out: string;
  err: string;
  slept: number[];
  exits: number[];
  clock: number;
  signal(): void;
}

export interface FakeWorld {
  env?: Record<string, string>;
  stdin?: string;
  isTerminal?: boolean;
  runtime?: Partial<PlatformRuntime>;
}

const missing = async (): Promise<never> => {
  throw new Error("this test has no such platform");
};

export function fakeIo({ env = {}, stdin = "", isTerminal = false, runtime = {} }: FakeWorld = {}): FakeIo {
  const handlers = new Set<() => void>();
  const io: FakeIo = {
    env,
    out: "",
    err: "",
    slept: [],
    exits: [],
    clock: 0,
    isTerminal,
    stdin: (async function* () {
      yield Buffer.from(stdin);
    })(),
    stdout: (text) => {
      io.out += text;
    },
    stderr: (text) => {
      io.err += text;
    },
    onSignal: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    signal: () => {
      for (const handler of handlers) handler();
    },
    exitNow: (code) => {
      io.exits.push(code);
    },
    now: () => io.clock,
    sleep: async (ms) => {
      io.slept.push(ms);
      // A sleep still takes a turn of the loop, so that races are decided as in life.
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
    loadRuntime: async () => ({
      openPlatform: missing,
      servePlatform: missing,
      rebuildPlatform: missing,
      backUpDirectory: missing,
      checkBackup: missing,
      restorePlatform: missing,
      examineDirectory: missing,
      ...runtime,
    }),
  };
  return io;
}

/** Runs one command line. `json` is standard output read as JSON, null where it is none. */
export async function run(argv: readonly string[], world: FakeWorld | FakeIo = {}) {
  const io = "out" in world ? world : fakeIo(world);
  const code = await main(argv, io);
  return { code, out: io.out, err: io.err, io, json: parsed(io.out) };
}

function parsed(text: string): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

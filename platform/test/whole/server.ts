import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readsOf, type Reads } from "./reads.ts";
import { until, within } from "./polling.ts";

const program = join(import.meta.dirname, "../../bin/c360.js");
const maxReadyMs = 60_000;
const maxKillMs = 10_000;
const maxStopMs = 10_000;
const maxCommandMs = 120_000;

export const writeKey = "whole-platform-write-key";
export const apiToken = "whole-platform-api-token";

/** How a process ended, and all that it said. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A `c360 serve` that was started; it need not be ready, nor still run. */
export interface Served {
  readonly pid: number;
  /** What has come so far. */
  stdout(): string;
  stderr(): string;
  hasEnded(): boolean;
  readonly ended: Promise<Ended>;
  /** Resolves when `/readyz` answers; throws with what it said when it ends before. */
  ready(): Promise<void>;
  /** SIGKILL to its whole process group. */
  kill(): Promise<Ended>;
  /** Ctrl-C, as a terminal delivers it: to the whole group. Throws when it takes longer than {@link maxStopMs}. */
  stop(by?: "SIGINT" | "SIGTERM"): Promise<Ended>;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** A command to run it under, as `["strace", …]`. */
  under?: readonly string[];
}

/** A folder for one platform, a port of its own, and whatever runs there. */
export interface Site {
  readonly folder: string;
  readonly dataDir: string;
  readonly port: number;
  readonly url: string;
  readonly reads: Reads;
  /** Starts the platform without waiting for it. */
  launch(options?: StartOptions): Served;
  /** Starts the platform and waits until it is ready. */
  start(options?: StartOptions): Promise<Served>;
  /** Starts another verb, which finds the platform or its data directory by the environment. */
  launchVerb(args: readonly string[], options?: StartOptions): Served;
  /** Runs another verb to its end. */
  verb(args: readonly string[], options?: StartOptions): Promise<Ended>;
  /** Kills whatever still runs here, and removes the folder. */
  close(): Promise<void>;
}

/** `at`: where its data lie, in place of a folder `data` of its own. */
export async function openSite(at: { dataDir?: string; env?: Record<string, string> } = {}): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "c360-whole-"));
  const dataDir = at.dataDir ?? join(folder, "data");
  mkdirSync(join(folder, "home"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = new Set<Served>();
  let isClosed = false;
  const base = {
    C360_PORT: String(port),
    C360_DATA_DIR: dataDir,
    C360_WRITE_KEY: writeKey,
    C360_API_TOKEN: apiToken,
    C360_BACKUP_DIR: folder,
    ...at.env,
  };
  const launchVerb = (args: readonly string[], { env = {}, under = [] }: StartOptions = {}): Served => {
    // Whoever still works with a site that was closed under it leaves no process behind.
    if (isClosed) throw new Error("the site is closed");
    const served = launchProcess([...under, process.execPath, program, ...args], {
      cwd: folder,
      url,
      env: { ...plainEnvironment(), HOME: join(folder, "home"), ...base, ...env },
    });
    running.add(served);
    void served.ended.then(() => running.delete(served));
    return served;
  };
  const launch = (options?: StartOptions): Served => launchVerb(["serve"], options);
  return {
    folder,
    dataDir,
    port,
    url,
    reads: readsOf(url, apiToken),
    launch,
    start: async (options) => {
      const served = launch(options);
      await served.ready();
      return served;
    },
    launchVerb,
    verb: (args, options) => within(`c360 ${args.join(" ")}`, maxCommandMs, launchVerb(args, options).ended),
    close: async () => {
      isClosed = true;
      await Promise.all([...running].map((served) => served.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The environment of somebody who has set nothing yet. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(C360|npm_|VITEST|NODE_|CI$)/i.test(name));
  return { ...Object.fromEntries(own), NO_COLOR: "1" };
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function launchProcess(
  command: readonly string[],
  { cwd, url, env }: { cwd: string; url: string; env: NodeJS.ProcessEnv },
): Served {
  const [executable = "", ...args] = command;
  // A group of its own, so that a signal reaches everything that it started, and nothing else.
  const child = spawn(executable, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${executable} could not be started`);
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  const ended = endOf(child, said);
  let isOver = false;
  void ended.then(() => (isOver = true));
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-pid, name);
    } catch (error) {
      // It has ended by itself since.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  return {
    pid,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    hasEnded: () => isOver,
    ended,
    ready: async () => {
      await until(`ready at ${url}`, maxReadyMs, () => {
        if (isOver) throw new Error(`it ended instead of getting ready: ${said.stdout}${said.stderr}`);
        return isReady(url);
      });
    },
    kill: async () => {
      signal("SIGKILL");
      return within("the end of a killed process", maxKillMs, ended);
    },
    stop: async (by = "SIGINT") => {
      signal(by);
      return within(`the end after ${by}`, maxStopMs, ended);
    },
  };
}

async function endOf(child: ChildProcess, said: { stdout: string; stderr: string }): Promise<Ended> {
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...said };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`);
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}

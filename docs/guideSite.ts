import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Step } from "./fences.ts";

const root = join(import.meta.dirname, "..");
/** What a clean clone has that commands of guides name. */
const checkoutNames = ["package.json", "node_modules", "platform", "bench", "docs", "examples"];
/** The address in the guides; the test's own takes its place. */
const shownAddress = "127.0.0.1:3600";
const readyLine = "Customer 360 is ready at ";
const stoppedLine = "Stopped. Start it again";
const maxStartMs = 60_000;
const maxStopMs = 10_000;
const maxStepMs = 120_000;
const pollMs = 10;

export interface Ran {
  exitCode: number;
  stdout: string;
  /** Standard output, then standard error. */
  all: string;
}

/**
 * How a site starts what guides name. `npm`: as a reader does. `bin`: what npm and npx would start, without them, which
 * take most of a second each time.
 */
export type Launch = "npm" | "bin";

/** A folder that looks like a clean clone, with a platform that was started and a shell for a guide. */
export interface GuideSite {
  /** `http://host:port` */
  readonly url: string;
  /** What the platform said, of all starts. */
  said(): string;
  /** Waits until everything sent so far is in every answer, as a person does by being slow. */
  settled(): Promise<void>;
  /** The next step, in the same shell as the one before: variables stay. */
  take(step: Step): Promise<Ran>;
  close(): Promise<void>;
}

export async function openGuideSite(launch: Launch): Promise<GuideSite> {
  const folder = mkdtempSync(join(tmpdir(), "c360-guide-"));
  for (const name of checkoutNames) symlinkSync(join(root, name), join(folder, name));
  const port = await freePort();
  const platform = platformIn(folder, port, launch);
  const shell = shellIn(folder, port, launch);
  const url = `http://127.0.0.1:${port}`;
  const settled = async (): Promise<void> => caughtUp(url, tokenIn(folder));
  await platform.start();
  return {
    url,
    said: platform.said,
    settled,
    take: async (step) => {
      const text = step.text.replaceAll(shownAddress, `127.0.0.1:${port}`);
      if (step.kind === "file") {
        writeFileSync(join(folder, step.name), `${text}\n`);
        return { exitCode: 0, stdout: "", all: "" };
      }
      if (step.isStopped === platform.isRunning()) await (step.isStopped ? platform.stop() : platform.start());
      if (!step.isStopped) await settled();
      return step.kind === "shell" ? shell.run(text, step.exitCode === 0) : runScript(shell, folder, text);
    },
    close: async () => {
      shell.close();
      try {
        if (platform.isRunning()) await platform.stop();
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** The environment of somebody who has set nothing yet. */
function cleanEnvironment(port: number, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(C360|npm|VITEST|NODE_)/i.test(name));
  return { ...Object.fromEntries(own), C360_PORT: String(port), NO_COLOR: "1", ...more };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** The folder of what npm installed that can be started. */
const binOf = (folder: string): string => join(folder, "node_modules/.bin");

/** What `npx` does with what is installed, as a function of the shell. */
const npxFunction = (bin: string): string => `npx() {
  [[ -x "${bin}/$1" ]] || { echo "npx: $1 is not installed" >&2; return 127; }
  PATH="${bin}:$PATH" "${bin}/$1" "\${@:2}"
}`;

function platformIn(folder: string, port: number, launch: Launch) {
  const serve = [join(binOf(folder), "node"), join(binOf(folder), "c360"), "serve"];
  const [command = "", ...args] = launch === "npm" ? ["npm", "start"] : serve;
  let child: ChildProcess | null = null;
  let said = "";
  let startSaid = "";
  let trouble = "";
  return {
    said: () => said,
    isRunning: () => child !== null,
    start: async () => {
      startSaid = "";
      // A group of its own, so that a Ctrl-C reaches npm and the platform as it does from a terminal.
      // What the guides tell of a setting that a start needs for one of their commands.
      const env = cleanEnvironment(port, { C360_BACKUP_DIR: folder });
      child = spawn(command, args, { cwd: folder, env, detached: true });
      child.stdout?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        startSaid += chunk.toString();
      });
      child.stderr?.on("data", (chunk: Buffer) => {
        trouble += chunk.toString();
      });
      const until = Date.now() + maxStartMs;
      while (!startSaid.includes(readyLine)) {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${trouble}`);
        if (Date.now() > until) throw new Error(`it was not ready after ${maxStartMs} ms: ${trouble}`);
        await sleep(pollMs);
      }
    },
    /** Ctrl-C. Throws when it takes longer than ten seconds, or does not end well. */
    stop: async () => {
      if (child?.pid === undefined) throw new Error("it was not started");
      const { pid } = child;
      const ended = once(child, "close");
      child = null;
      process.kill(-pid, "SIGINT");
      try {
        await within(ended, maxStopMs, "Ctrl-C did not stop it");
      } catch (error) {
        process.kill(-pid, "SIGKILL");
        throw error;
      }
      // npm ends itself by the signal once its child has ended, so its own exit code says nothing.
      if (!startSaid.includes(stoppedLine)) throw new Error(`after Ctrl-C it did not end well: ${trouble}`);
    },
  };
}

function shellIn(folder: string, port: number, launch: Launch) {
  const child = spawn("bash", ["--norc"], { cwd: folder, env: cleanEnvironment(port) });
  if (launch === "bin") child.stdin.write(`${npxFunction(binOf(folder))}\n`);
  const [stdoutFile, stderrFile, codeFile] = ["out", "err", "code"].map((name) => join(folder, `.guide.${name}`));
  let isGone = false;
  child.on("exit", () => {
    isGone = true;
  });
  const readOr = (file: string | undefined): string => {
    try {
      return readFileSync(file ?? "", "utf8");
    } catch {
      return "";
    }
  };
  return {
    /** `isStrict`: the first command that fails ends the step. Otherwise its exit code is the last command's. */
    run: async (text: string, isStrict: boolean): Promise<Ran> => {
      if (isGone) throw new Error("an earlier step ended the shell");
      const file = join(folder, ".guide.sh");
      writeFileSync(file, `${text}\n`);
      rmSync(codeFile ?? "", { force: true });
      const set = isStrict ? "set -eo pipefail" : "set +e";
      const trap = isStrict ? `trap 'echo $? > "${codeFile}"' EXIT` : "trap - EXIT";
      child.stdin.write(`${trap}; ${set}; . "${file}" > "${stdoutFile}" 2> "${stderrFile}"; echo $? > "${codeFile}"\n`);
      const until = Date.now() + maxStepMs;
      while (!readOr(codeFile).endsWith("\n")) {
        if (Date.now() > until) throw new Error(`no end after ${maxStepMs} ms: ${text}`);
        await sleep(pollMs);
      }
      const stdout = readOr(stdoutFile);
      return { exitCode: Number(readOr(codeFile)), stdout, all: stdout + readOr(stderrFile) };
    },
    close: () => {
      child.kill("SIGKILL");
    },
  };
}

async function runScript(shell: ReturnType<typeof shellIn>, folder: string, text: string): Promise<Ran> {
  writeFileSync(join(folder, "guide.mjs"), text);
  // The Node that a user has, not the pinned one: SDKs run in their programs, not in ours.
  return shell.run("node guide.mjs", true);
}

function tokenIn(folder: string): string {
  const { token } = JSON.parse(readFileSync(join(folder, "data/cli.token"), "utf8")) as { token: string };
  return token;
}

async function caughtUp(url: string, token: string): Promise<void> {
  let goal: string | null = null;
  const until = Date.now() + maxStepMs;
  for (;;) {
    const answer = await fetch(`${url}/api/status`, { headers: { authorization: `Bearer ${token}` } });
    const status = (await answer.json()) as Record<"analytics" | "search", { asOf: string }> & {
      pendingRecords: number;
    };
    if (goal !== null && status.analytics.asOf >= goal && status.search.asOf >= goal) return;
    // Only what is decided can be followed: what they knew before says nothing of it.
    if (status.pendingRecords === 0) goal ??= new Date().toISOString();
    if (Date.now() > until) throw new Error(`not caught up after ${maxStepMs} ms: ${JSON.stringify(status)}`);
    await sleep(pollMs);
  }
}

async function within<T>(work: Promise<T>, ms: number, complaint: string): Promise<T> {
  const timer = new AbortController();
  const late = sleep(ms, null, { signal: timer.signal }).then(
    () => {
      throw new Error(`${complaint} within ${ms} ms`);
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { BundledHost } from "./bundledHost.ts";

const maxRunMs = 60_000;

/** Which requests one process is given, on which directory. */
export interface HostRun {
  dataDir: string;
  first: number;
  until: number;
}

export interface HostEnded {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Requests that it said are taken, before it ended. */
  acknowledged: number[];
  stderr: string;
  /** It had not ended by itself after a minute, and was killed. */
  isLate: boolean;
  /** What strace has noted. */
  trace: string;
}

/** Runs the host under strace with these arguments. */
export async function runHost(host: BundledHost, run: HostRun, strace: readonly string[]): Promise<HostEnded> {
  const notes = `${run.dataDir}.trace`;
  const args = [run.dataDir, String(run.first), String(run.until)];
  const child = spawn("strace", ["-f", "-qq", "-o", notes, ...strace, ...host.command, ...args], {
    env: host.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const waiting = new AbortController();
  const late = sleep(maxRunMs, null, { signal: waiting.signal, ref: false }).catch(() => null);
  const isLate = (await Promise.race([closed, late])) === null;
  waiting.abort();
  if (isLate) process.kill(-(child.pid ?? 0), "SIGKILL");
  const [code, signal] = await closed;
  const trace = readFileSync(notes, "utf8");
  rmSync(notes);
  // A line that a kill cut off was not received.
  const acknowledged = said.stdout.split("\n").slice(0, -1).map(Number);
  return { code, signal, acknowledged, stderr: said.stderr, isLate, trace };
}

import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import type { Launch } from "./standIns/standIn.ts";

/**
 * Runs the stand-ins as children and stops all of them when who asked for them is gone, however it went: the channel
 * between the two ends then. A Ctrl-C reaches this process too; it waits for that end.
 */
export type Order = { start: string; launch: Launch; log: string };
export type Word = { ended: string; code: number | null };

const graceMs = 5_000;
const children = new Map<string, ChildProcess>();
let isStopping = false;

process.on("SIGINT", () => {});
process.on("SIGTERM", () => void stopAll());
process.on("SIGHUP", () => void stopAll());
process.on("disconnect", () => void stopAll());
process.on("message", ({ start, launch, log }: Order) => {
  const { command, args, env, cwd, uid } = launch;
  const to = openSync(log, "w");
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", to, to],
    // A group of its own: what it starts ends with it.
    detached: true,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  children.set(start, child);
  const ended = (code: number | null): void => {
    children.delete(start);
    if (process.connected) process.send?.({ ended: start, code } satisfies Word);
  };
  child.on("exit", ended);
  child.on("error", () => ended(null));
});

async function stopAll(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  const running = [...children.values()];
  const gone = Promise.all(running.map((child) => new Promise((resolve) => child.on("exit", resolve))));
  for (const child of running) signal(child, "SIGTERM");
  const late = setTimeout(() => {
    for (const child of running) signal(child, "SIGKILL");
  }, graceMs);
  await gone;
  clearTimeout(late);
  process.exit(0);
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // It has ended by itself.
  }
}

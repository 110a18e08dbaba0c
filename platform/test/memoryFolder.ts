import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

const memory = "/dev/shm";
const prefix = "c360-tests-";
/** Of memory, and of the room for files in it; tests use a part of it at any time. */
const leastFreeBytes = 8 * 1024 ** 3;

/**
 * The environment of tests that try nothing of the disk: their temporary files lie in memory, for most of their time
 * they waited until a disk had what they wrote. Nothing where memory is short or takes no files: they lie on the disk.
 */
export function filesInMemory(): { TMPDIR?: string } {
  if (!existsSync(memory)) return {};
  const { bavail, bsize } = statfsSync(memory);
  if (Math.min(bavail * bsize, freemem()) < leastFreeBytes) return {};
  return { TMPDIR: join(memory, `${prefix}${process.pid}`) };
}

/** Vitest calls it before the first test of a project; what it returns, after the last test of the run. */
export function setup({ config }: TestProject): () => void {
  const folder = config.env["TMPDIR"];
  if (typeof folder !== "string") return () => undefined;
  for (const name of readdirSync(memory)) if (isOfOneThatDied(name)) remove(join(memory, name));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return () => remove(folder);
}

/** What such a run leaves takes memory for as long as the machine is up. */
function isOfOneThatDied(name: string): boolean {
  if (!name.startsWith(prefix)) return false;
  try {
    process.kill(Number(name.slice(prefix.length)), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

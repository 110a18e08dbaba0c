import { mkdirSync, statfsSync, statSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { makeBase } from "../adapters/embedded/base/makeBase.ts";
import { giveWay } from "../adapters/embedded/giveWay.ts";
import { Problem } from "../model/problem.ts";
import { platformVersion } from "../model/version.ts";
import type { BaseThreadData, FromBase } from "./baseMessages.ts";

/** The worker that makes one base beside a running platform, giving way to all that serves. */
const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const say = (message: FromBase): void => port.postMessage(message);
const { minFreeBytes, ...data } = workerData as BaseThreadData;

const mebibyte = 1 << 20;

/** A disk that fills up would stop the log. Problem 507 `disk_low`. */
function mustHaveRoom(): void {
  mkdirSync(data.directory, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = statfsSync(data.directory);
  const needed = statSync(data.stateFile).size + minFreeBytes;
  if (bavail * bsize >= needed) return;
  const what = `a copy of the state needs ${Math.ceil(needed / mebibyte)} MiB free on the disk of the data directory`;
  throw new Problem(507, "disk_low", what);
}

giveWay();
try {
  mustHaveRoom();
  say({ kind: "done", base: await makeBase({ ...data, platform: platformVersion, now: Date.now }) });
} catch (error) {
  say({ kind: "failed", ...toldOf(error) });
}
port.close();

/** Files' errors name paths and codes; others might name anything, so only their kind is told. */
function toldOf(error: unknown): { code: string; message: string } {
  if (error instanceof Problem) return { code: error.code, message: error.message };
  const kind = error instanceof Error ? ("code" in error ? String(error.code) : error.name) : "unknown";
  return { code: "base_failed", message: `a copy of the state could not be made (${kind})` };
}

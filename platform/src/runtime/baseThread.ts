import { parentPort, workerData } from "node:worker_threads";
import { makeBase } from "../adapters/embedded/base/makeBase.ts";
import { giveWay } from "../adapters/embedded/giveWay.ts";
import { Problem } from "../model/problem.ts";
import { platformVersion } from "../model/version.ts";
import type { BaseThreadData, FromBase } from "./baseMessages.ts";
import { mustHaveRoom } from "./copiedState.ts";

/** The worker that makes one base beside a running platform, giving way to all that serves. */
const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const say = (message: FromBase): void => port.postMessage(message);
const data = workerData as BaseThreadData;

giveWay();
try {
  mustHaveRoom(data);
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

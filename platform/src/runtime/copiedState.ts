import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Base } from "../adapters/embedded/base/manifest.ts";
import { Problem } from "../model/problem.ts";
import type { BaseThreadData, FromBase } from "./baseMessages.ts";

const mebibyte = 1 << 20;

/** A disk that fills up would stop the log. Problem 507 `disk_low`. */
export function mustHaveRoom({ stateFile, minFreeBytes }: Pick<BaseThreadData, "stateFile" | "minFreeBytes">): void {
  const { bavail, bsize } = statfsSync(dirname(stateFile));
  const needed = statSync(stateFile).size + minFreeBytes;
  if (bavail * bsize >= needed) return;
  const what = `a copy of the state needs ${Math.ceil(needed / mebibyte)} MiB free on the disk of the data directory`;
  throw new Problem(507, "disk_low", what);
}

/** A copy of the state was not made, and would not be a moment later. No personal data in its message. */
export class CopyRefused extends Error {}

/** Makes a base in a thread of its own, not yet declared. Rejects with {@link CopyRefused}. */
export async function copiedState(data: BaseThreadData, signal: AbortSignal): Promise<Base> {
  const worker = new Worker(new URL("./baseThread.ts", import.meta.url), { workerData: data, name: "base" });
  const made = Promise.withResolvers<Base>();
  const stop = (): void => void worker.terminate();
  signal.addEventListener("abort", stop);
  worker.on("message", (message: FromBase) => {
    if (message.kind === "done") made.resolve(message.base);
    else made.reject(new CopyRefused(message.message));
  });
  worker.on("error", () => made.reject(new CopyRefused("a copy of the state could not be made")));
  worker.on("exit", () => made.reject(new CopyRefused("the copy of the state was broken off")));
  try {
    return await made.promise;
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

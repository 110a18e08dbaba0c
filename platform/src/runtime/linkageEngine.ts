import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { problemOf } from "../adapters/embedded/ownedThread.ts";
import type { LinkageEngine, LinkageListener } from "../identity/index.ts";
import { Problem } from "../model/problem.ts";
import type { LinkageReply, LinkageRequest, LinkageThreadSettings } from "./linkageMessages.ts";

/** Beside the platform: what does not fit is spilled. */
const memoryLimitMb = 1_024;
/** One that is told to stop in the midst of its own arithmetic hears it when that is done. */
const cancelMs = 20_000;

/**
 * Each linkage in a thread of its own, which gives way to those that take and decide events. What it has no memory for
 * goes to a folder of its own under `spillDirectory`, and with it.
 */
export function linkageEngine(files: { indexFile: string; spillDirectory: string }): LinkageEngine {
  const { indexFile } = files;
  return {
    run: ({ leastProbability, model }, listener) => {
      mkdirSync(files.spillDirectory, { recursive: true, mode: 0o700 });
      const spillDirectory = mkdtempSync(join(files.spillDirectory, "run-"));
      const threads = Math.max(1, availableParallelism() - 1);
      const settings = { indexFile, spillDirectory, leastProbability, model, memoryLimitMb, threads };
      const { ended, cancel } = inThread(settings, listener);
      return { ended: ended.finally(() => rmSync(spillDirectory, { recursive: true, force: true })), cancel };
    },
  };
}

function inThread(
  workerData: LinkageThreadSettings,
  listener: LinkageListener,
): { ended: Promise<void>; cancel: () => void } {
  const worker = new Worker(new URL("./linkageThread.ts", import.meta.url), { workerData, name: "linkage" });
  const tell = (request: LinkageRequest): void => worker.postMessage(request);
  let failure: Problem | null = null;
  let isDone = false;
  const fail = (problem: Problem): void => {
    failure ??= problem;
    tell({ kind: "cancel" });
  };
  const hear = async (reply: LinkageReply): Promise<void> => {
    if (reply.kind === "progress") listener.progress(reply.stage, reply.part);
    else if (reply.kind === "learned") {
      await listener.learned(reply);
      tell({ kind: "taken", wantsMore: true });
    } else if (reply.kind === "found") tell({ kind: "taken", wantsMore: await listener.found(reply.pairs) });
    else if (reply.kind === "problem") failure ??= problemOf(reply.problem);
    else isDone = true;
  };
  worker.on("message", (reply: LinkageReply) => {
    hear(reply).catch((error: unknown) =>
      fail(error instanceof Problem ? error : new Problem(500, "linkage_failed", "What was found could not be kept.")),
    );
  });
  worker.on("error", () => {
    failure ??= new Problem(500, "linkage_failed", "The linkage's thread failed; memory may not suffice.");
  });
  const ended = new Promise<void>((resolve, reject) => {
    worker.on("exit", () => {
      if (isDone && failure === null) resolve();
      else reject(failure ?? new Problem(500, "linkage_failed", "The linkage's thread ended before it was done."));
    });
  });
  // Whoever waits hears it; one that nobody waits for yet must not end the process.
  ended.catch(() => undefined);
  const cancel = (): void => {
    tell({ kind: "cancel" });
    const timer = setTimeout(() => {
      failure ??= new Problem(409, "linkage_cancelled", "The linkage was cancelled.");
      void worker.terminate();
    }, cancelMs);
    timer.unref();
    worker.once("exit", () => clearTimeout(timer));
  };
  return { ended, cancel };
}

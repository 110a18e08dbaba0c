import { Worker } from "node:worker_threads";
import { problemOf } from "../adapters/embedded/ownedThread.ts";
import type { RulesDryRun } from "../identity/index.ts";
import { Problem } from "../model/problem.ts";
import type { DryRunThreadData, FromDryRun } from "./rulesDryRunMessages.ts";

/** What is held of people in the middle of it dies young. */
const resourceLimits = { maxYoungGenerationSizeMb: 64 };

/** Each in a thread of its own, which reads one snapshot of the state, gives way to ingestion, and ends with its answer. */
export function threadedDryRun(files: Omit<DryRunThreadData, "rules">): RulesDryRun {
  return {
    run: async (rules, onProgress, signal) => {
      const worker = startWorker({ ...files, rules });
      const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      const answered = Promise.withResolvers<Extract<FromDryRun, { kind: "answer" }>["answer"]>();
      worker.on("message", (message: FromDryRun) => {
        if (message.kind === "progress") onProgress(message.share);
        else if (message.kind === "answer") answered.resolve(message.answer);
        else answered.reject(problemOf(message.problem));
      });
      worker.once("error", (error) => answered.reject(error));
      worker.once("exit", () => answered.reject(failed()));
      const stop = (): void => void worker.terminate();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      try {
        return await answered.promise;
      } finally {
        signal.removeEventListener("abort", stop);
        await worker.terminate();
        await ended;
      }
    },
  };
}

function startWorker(workerData: DryRunThreadData): Worker {
  const entry = new URL("./rulesDryRunThread.ts", import.meta.url);
  return new Worker(entry, { workerData, name: "rules", resourceLimits });
}

function failed(): Problem {
  return new Problem(500, "preview_failed", "The dry run ended without an answer.");
}

import { parentPort, workerData } from "node:worker_threads";
import { keyedHash } from "../../../model/keyedHash.ts";
import { openDecided } from "../decided.ts";
import { openEventLogReader } from "../eventLog/reader.ts";
import { type AnalyticsCore, openAnalytics } from "./core.ts";
import { firstLine } from "./engine.ts";
import { type Answers, problemFields, type Reply, type Request, type ThreadSettings } from "./messages.ts";

/** Entry of the worker thread that owns the DuckDB file. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("thread.ts runs in a worker thread");
  const reply = (message: Reply) => port.postMessage(message);
  const settings = workerData as ThreadSettings;
  const { logDirectory, stateFile, hashKey, ...options } = settings;
  let core: AnalyticsCore;
  try {
    core = await openAnalytics({
      ...options,
      log: openEventLogReader(logDirectory),
      decided: openDecided({ file: stateFile, hash: keyedHash(hashKey), homeCurrency: options.homeCurrency }),
      now: Date.now,
      onTrouble: (message) => reply({ kind: "trouble", message }),
      onFollowed: (version) => reply({ kind: "followed", version }),
      onFatal: () => process.exit(1),
    });
  } catch (error) {
    reply({ kind: "trouble", message: `analytics did not open: ${firstLine(error).slice(0, 200)}` });
    reply({ kind: "problem", id: null, problem: problemFields(error) });
    return;
  }
  const asked = new Map<number, AbortController>();
  port.on("message", (request: Request) => {
    if (request.kind === "advance") {
      core.advance(request.isBusy);
      return;
    }
    const { id } = request;
    if (request.kind === "cancel") {
      asked.get(id)?.abort();
      return;
    }
    const controller = new AbortController();
    asked.set(id, controller);
    answer(core, request, controller.signal)
      .then((value) => reply({ kind: "answer", id, value }))
      .catch((error: unknown) => reply({ kind: "problem", id, problem: problemFields(error) }))
      .finally(() => {
        asked.delete(id);
        if (request.kind === "close") port.close();
      });
  });
  reply({ kind: "ready" });
}

async function answer(
  core: AnalyticsCore,
  request: Exclude<Request, { kind: "advance" | "cancel" }>,
  signal: AbortSignal,
): Promise<Answers[keyof Answers]> {
  switch (request.kind) {
    case "timeline":
      return core.timeline(request.query);
    case "query":
      return core.query(request.sql, request.limit, signal);
    case "status":
      return core.status();
    case "caughtUp":
      await core.caughtUp();
      return null;
    case "close":
      await core.close();
      return null;
  }
}

await main();

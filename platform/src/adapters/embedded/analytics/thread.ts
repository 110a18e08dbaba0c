import { workerData } from "node:worker_threads";
import { keyedHash } from "../../../model/keyedHash.ts";
import { openDecided } from "../decided.ts";
import { openEventLogReader } from "../eventLog/reader.ts";
import { runOwner, type OwnerTells } from "../ownerThread.ts";
import { type AnalyticsCore, openAnalytics } from "./core.ts";
import { firstLine } from "./engine.ts";
import type { Answers, Question, ThreadSettings } from "./messages.ts";

/** Entry of the worker thread that owns the DuckDB file. */
await runOwner<Question>("analytics", async (tells) => {
  const core = await opened(workerData as ThreadSettings, tells);
  return {
    answer: (question, signal) => answer(core, question, signal),
    advance: (deciding) => core.advance(deciding),
    close: () => core.close(),
  };
});

async function opened(settings: ThreadSettings, tells: OwnerTells): Promise<AnalyticsCore> {
  const { logDirectory, stateFile, hashKey, ...options } = settings;
  try {
    return await openAnalytics({
      ...options,
      log: openEventLogReader(logDirectory),
      decided: openDecided({ file: stateFile, hash: keyedHash(hashKey), homeCurrency: options.homeCurrency }),
      now: Date.now,
      ...tells,
      onFatal: () => process.exit(1),
    });
  } catch (error) {
    tells.onTrouble(`analytics did not open: ${firstLine(error).slice(0, 200)}`);
    throw error;
  }
}

async function answer(core: AnalyticsCore, question: Question, signal: AbortSignal): Promise<Answers[keyof Answers]> {
  switch (question.kind) {
    case "timeline":
      return core.timeline(question.query);
    case "query":
      return core.query(question.sql, question.limit, signal);
    case "lake":
      return core.lake();
    case "status":
      return core.status();
    case "caughtUp":
      await core.caughtUp();
      return null;
  }
}

import { workerData } from "node:worker_threads";
import { keyedHash } from "../../../model/keyedHash.ts";
import { openDecided } from "../decided.ts";
import { runOwner } from "../ownerThread.ts";
import { openSearch, type SearchCore } from "./core.ts";
import type { SearchAnswers, SearchQuestion, SearchThreadSettings } from "./messages.ts";

/** Entry of the worker thread that owns the search index. */
await runOwner<SearchQuestion>("search", (tells) => {
  const { file, stateFile, hashKey, homeCurrency } = workerData as SearchThreadSettings;
  const decided = openDecided({ file: stateFile, hash: keyedHash(hashKey), homeCurrency });
  const core = openSearch({ file, decided, now: Date.now, ...tells });
  return { answer: (question) => answer(core, question), advance: core.advance, close: () => core.close() };
});

async function answer(core: SearchCore, question: SearchQuestion): Promise<SearchAnswers[keyof SearchAnswers]> {
  switch (question.kind) {
    case "search":
      return core.search(question.query);
    case "status":
      return core.status();
    case "caughtUp":
      await core.caughtUp();
      return null;
  }
}

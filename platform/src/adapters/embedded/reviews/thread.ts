import { workerData } from "node:worker_threads";
import { keyedHash } from "../../../model/keyedHash.ts";
import { openDecided } from "../decided.ts";
import { runOwner } from "../ownerThread.ts";
import { isDamage } from "../sqliteFile.ts";
import { openReviews, type ReviewCore } from "./core.ts";
import type { ReviewQuestion, ReviewThreadSettings } from "./messages.ts";
import { damagedReviews } from "./reviewFile.ts";

/** Entry of the worker thread that owns the review queue and its index of records. */
await runOwner<ReviewQuestion>("reviews", async (tells) => {
  const { stateFile, hashKey, homeCurrency, ...files } = workerData as ReviewThreadSettings;
  const decided = openDecided({ file: stateFile, hash: keyedHash(hashKey), homeCurrency });
  const core = await openReviews({ ...files, decided, now: Date.now, ...tells });
  return { answer: (question) => answer(core, question), advance: core.advance, close: () => core.close() };
});

async function answer(core: ReviewCore, { method, given }: ReviewQuestion): Promise<unknown> {
  // The client's types have checked what is given.
  const called = core[method] as (...arguments_: readonly unknown[]) => Promise<unknown>;
  try {
    return await called(...given);
  } catch (error) {
    throw isDamage(error) ? damagedReviews() : error;
  }
}

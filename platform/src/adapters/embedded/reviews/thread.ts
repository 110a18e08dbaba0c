import { parentPort, workerData } from "node:worker_threads";
import { keyedHash } from "../../../model/keyedHash.ts";
import { openDecided } from "../decided.ts";
import { giveWay } from "../giveWay.ts";
import { openReviews, type ReviewCore } from "./core.ts";
import { reviewProblem, type ReviewReply, type ReviewRequest, type ReviewThreadSettings } from "./messages.ts";

/** Entry of the worker thread that owns the review queue and its index of records. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("thread.ts runs in a worker thread");
  const reply = (message: ReviewReply): void => port.postMessage(message);
  const { stateFile, hashKey, homeCurrency, ...files } = workerData as ReviewThreadSettings;
  let core: ReviewCore;
  try {
    core = await openReviews({
      ...files,
      decided: openDecided({ file: stateFile, hash: keyedHash(hashKey), homeCurrency }),
      now: Date.now,
      onTrouble: (message) => reply({ kind: "trouble", message }),
      onFollowed: (version) => reply({ kind: "followed", version }),
    });
  } catch (error) {
    reply({ kind: "problem", id: null, problem: reviewProblem(error) });
    return;
  }
  port.on("message", (request: ReviewRequest) => {
    if (request.kind === "advance") {
      core.advance(request.isBusy);
      return;
    }
    const { id } = request;
    answer(core, request)
      .then((value) => reply({ kind: "answer", id, value }))
      .catch((error: unknown) => reply({ kind: "problem", id, problem: reviewProblem(error) }))
      .finally(() => request.kind === "close" && port.close());
  });
  reply({ kind: "ready" });
}

async function answer(core: ReviewCore, request: Exclude<ReviewRequest, { kind: "advance" }>): Promise<unknown> {
  if (request.kind === "close") return core.close();
  // The client's types have checked what is given.
  const method = core[request.method] as (...given: readonly unknown[]) => Promise<unknown>;
  return method(...request.given);
}

giveWay();
await main();

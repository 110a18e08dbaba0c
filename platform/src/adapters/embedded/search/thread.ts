import { parentPort, workerData } from "node:worker_threads";
import { keyedHash } from "../../../model/keyedHash.ts";
import { openDecided } from "../decided.ts";
import { giveWay } from "../giveWay.ts";
import { openSearch, type SearchCore } from "./core.ts";
import {
  type SearchAnswers,
  searchProblem,
  type SearchReply,
  type SearchRequest,
  type SearchThreadSettings,
} from "./messages.ts";

/** Entry of the worker thread that owns the search index. */
function main(): void {
  const port = parentPort;
  if (port === null) throw new Error("thread.ts runs in a worker thread");
  const reply = (message: SearchReply): void => port.postMessage(message);
  const { file, stateFile, hashKey, homeCurrency } = workerData as SearchThreadSettings;
  let core: SearchCore;
  try {
    core = openSearch({
      file,
      decided: openDecided({ file: stateFile, hash: keyedHash(hashKey), homeCurrency }),
      now: Date.now,
      onTrouble: (message) => reply({ kind: "trouble", message }),
      onFollowed: (version) => reply({ kind: "followed", version }),
    });
  } catch (error) {
    reply({ kind: "problem", id: null, problem: searchProblem(error) });
    return;
  }
  port.on("message", (request: SearchRequest) => {
    if (request.kind === "advance") {
      core.advance(request.isBusy);
      return;
    }
    const { id } = request;
    answer(core, request)
      .then((value) => reply({ kind: "answer", id, value }))
      .catch((error: unknown) => reply({ kind: "problem", id, problem: searchProblem(error) }))
      .finally(() => request.kind === "close" && port.close());
  });
  reply({ kind: "ready" });
}

async function answer(
  core: SearchCore,
  request: Exclude<SearchRequest, { kind: "advance" }>,
): Promise<SearchAnswers[keyof SearchAnswers]> {
  switch (request.kind) {
    case "search":
      return core.search(request.query);
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

giveWay();
main();

import { parentPort, workerData } from "node:worker_threads";
import { giveWay } from "../adapters/embedded/giveWay.ts";
import { openLinkageDatabase } from "../adapters/embedded/linkage/linkageDatabase.ts";
import { problemFields } from "../adapters/embedded/ownedThread.ts";
import { recordPages } from "../adapters/embedded/reviews/recordPages.ts";
import { linkProfiles, parseLinkageModel, type FoundPair } from "../identity/index.ts";
import { Problem } from "../model/problem.ts";
import type { LinkageReply, LinkageRequest, LinkageThreadSettings } from "./linkageMessages.ts";

const foundAtATime = 500;

/** Entry of the worker thread of one linkage: it links what the index of records holds, tells it, and ends. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("linkageThread.ts runs in a worker thread");
  const reply = (message: LinkageReply): void => port.postMessage(message);
  const settings = workerData as LinkageThreadSettings;
  let isCancelled = false;
  let taken: (wantsMore: boolean) => void = () => undefined;
  const { spillDirectory, memoryLimitMb, threads } = settings;
  const database = await openLinkageDatabase({ spillDirectory, memoryLimitMb, threads });
  port.on("message", (request: LinkageRequest) => {
    if (request.kind === "taken") taken(request.wantsMore);
    else {
      isCancelled = true;
      database.interrupt();
      taken(false);
    }
  });
  const mustGoOn = (): void => {
    if (isCancelled) throw new Problem(409, "linkage_cancelled", "The linkage was cancelled.");
  };
  const isTaken = (): Promise<boolean> => new Promise((resolve) => (taken = resolve));
  try {
    const linked = await linkProfiles(database, recordPages(settings.indexFile), {
      ...(settings.model === null ? {} : { model: await parseLinkageModel(settings.model) }),
      onProgress: (stage, part) => {
        mustGoOn();
        reply({ kind: "progress", stage, part });
      },
    });
    mustGoOn();
    const learned = isTaken();
    const document = JSON.stringify(linked.model);
    reply({ kind: "learned", document, records: linked.records, comparedPairs: linked.pairs });
    let wantsMore = await learned;
    for await (const pairs of inLots(linked.found(settings.leastProbability))) {
      mustGoOn();
      if (!wantsMore) break;
      const answered = isTaken();
      reply({ kind: "found", pairs });
      wantsMore = await answered;
    }
    mustGoOn();
    reply({ kind: "done" });
  } catch (error) {
    reply({ kind: "problem", problem: problemFields(foreseen(error), "linkage") });
  } finally {
    database.close();
    port.close();
  }
}

/** An error that was not foreseen could quote somebody. */
function foreseen(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(500, "linkage_failed", `The linkage failed: ${error instanceof Error ? error.name : "an error"}.`);
}

async function* inLots(found: AsyncIterable<FoundPair>): AsyncGenerator<FoundPair[]> {
  let lot: FoundPair[] = [];
  for await (const pair of found) {
    lot.push(pair);
    if (lot.length < foundAtATime) continue;
    yield lot;
    lot = [];
  }
  if (lot.length > 0) yield lot;
}

giveWay();
await main();

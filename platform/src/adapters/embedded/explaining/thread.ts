import { parentPort, workerData } from "node:worker_threads";
import { defaultIdentityRules, explainerOver, type Explainer } from "../../../identity/index.ts";
import { keyedHash } from "../../../model/keyedHash.ts";
import { composeProfile } from "../../../profiles/index.ts";
import { giveWay } from "../giveWay.ts";
import { correctionsOver } from "../state/corrections.ts";
import { peopleOver } from "../state/people.ts";
import { openStateReader } from "../state/schema.ts";
import {
  explainingProblem,
  type ExplainingAnswers,
  type ExplainingReply,
  type ExplainingRequest,
  type ExplainingThreadSettings,
  type Question,
} from "./messages.ts";

/** Entry of the worker thread that explains: with a connection of its own, one question after the other. */
function main(): void {
  const port = parentPort;
  if (port === null) throw new Error("thread.ts runs in a worker thread");
  const reply = (message: ExplainingReply): void => port.postMessage(message);
  const { stateFile, hashKey, homeCurrency } = workerData as ExplainingThreadSettings;
  const hash = keyedHash(hashKey);
  const database = openStateReader(stateFile);
  const explainer = explainerOver({
    people: peopleOver(database, hash),
    corrections: correctionsOver(database),
    rules: defaultIdentityRules,
    hash,
    compose: (record) => composeProfile({ ...record, hash, homeCurrency }),
  });
  port.on("message", (request: ExplainingRequest) => {
    const { id } = request;
    if (request.kind === "close") {
      database.close();
      reply({ kind: "answer", id, value: null });
      port.close();
      return;
    }
    answer(explainer, request)
      .then((value) => reply({ kind: "answer", id, value }))
      .catch((error: unknown) => reply({ kind: "problem", id, problem: explainingProblem(error) }));
  });
  reply({ kind: "ready" });
}

async function answer(explainer: Explainer, question: Question): Promise<ExplainingAnswers[keyof ExplainingAnswers]> {
  switch (question.kind) {
    case "of":
      return explainer.of(...question.asked);
    case "why":
      return explainer.why(...question.asked);
    case "look":
      return explainer.look(...question.asked);
    case "list":
      return explainer.list(...question.asked);
  }
}

giveWay();
main();

import { workerData } from "node:worker_threads";
import { defaultIdentityRules, explainerOver, type Explainer } from "../../../identity/index.ts";
import { keyedHash } from "../../../model/keyedHash.ts";
import { composeProfile, displayNameOf } from "../../../profiles/index.ts";
import { runOwner } from "../ownerThread.ts";
import { correctionsOver, linksOver } from "../state/corrections.ts";
import { peopleOver } from "../state/people.ts";
import { openStateReader } from "../state/schema.ts";
import type { ExplainingAnswers, ExplainingThreadSettings, Question } from "./messages.ts";

/** Entry of the worker thread that explains: with a connection of its own, one question after the other. */
await runOwner<Question & { id: number }>("explaining", () => {
  const { stateFile, hashKey, homeCurrency } = workerData as ExplainingThreadSettings;
  const hash = keyedHash(hashKey);
  const database = openStateReader(stateFile);
  const explainer = explainerOver({
    people: peopleOver(database, hash),
    corrections: correctionsOver(database),
    links: linksOver(database),
    rules: defaultIdentityRules,
    hash,
    compose: (record) => composeProfile({ ...record, hash, homeCurrency }),
    nameOf: displayNameOf,
  });
  return { answer: (question) => answer(explainer, question), close: () => database.close() };
});

async function answer(
  explainer: Explainer,
  { kind, asked }: Question,
): Promise<ExplainingAnswers[keyof ExplainingAnswers]> {
  // The client's types have checked that what is asked is of its kind.
  const verb = explainer[kind] as (...given: readonly unknown[]) => Promise<ExplainingAnswers[keyof Explainer]>;
  return verb(...asked);
}

import { parentPort, workerData } from "node:worker_threads";
import { giveWay } from "../adapters/embedded/giveWay.ts";
import { openEverybody } from "../adapters/embedded/state/stateStore.ts";
import { defaultIdentityRules, rulesInForce } from "../identity/index.ts";
import { rulesEffect } from "../ingestion/index.ts";
import { defaultRulesNumber } from "../model/rulesVersion.ts";
import { keyedHash } from "../model/keyedHash.ts";
import { Problem } from "../model/problem.ts";
import type { DryRunThreadData, FromDryRun } from "./rulesDryRunMessages.ts";

/** One dry run: looks at everybody as decided when it begins, and ends. */
const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const say = (message: FromDryRun): void => port.postMessage(message);
const data = workerData as DryRunThreadData;
/** Steps of progress that are told. */
const toldSteps = 200;

giveWay();
const hash = keyedHash(data.hashKey);
const everybody = openEverybody({ file: data.stateFile, hash });
let told = 0;
try {
  const current = await everybody.rules();
  const onProgress = (share: number): void => {
    const step = Math.floor(share * toldSteps);
    if (step > told) say({ kind: "progress", share });
    told = Math.max(told, step);
  };
  const present = rulesInForce(current, defaultIdentityRules);
  const effect = await rulesEffect(present, { everybody, hash, rules: data.rules, onProgress });
  say({ kind: "answer", answer: { effect, against: current?.number ?? defaultRulesNumber } });
} catch (error) {
  say({ kind: "problem", problem: fieldsOf(error) });
} finally {
  await everybody.close();
}

/** Messages of unforeseen errors could quote a customer's identifier. */
function fieldsOf(error: unknown): Extract<FromDryRun, { kind: "problem" }>["problem"] {
  if (!(error instanceof Problem)) return { status: 500, code: "preview_failed", message: "The dry run failed." };
  const { status, code, message, hint } = error;
  return { status, code, message, ...(hint === undefined ? {} : { hint }) };
}

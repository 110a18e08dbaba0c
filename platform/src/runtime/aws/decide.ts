import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { lambdaTelemetry } from "../../adapters/aws/handlers/telemetry.ts";
import { readHashKey } from "../../adapters/aws/hashKey.ts";
import { openRawLogReader } from "../../adapters/aws/rawLog/reader.ts";
import { openRawLog } from "../../adapters/aws/rawLog/writer.ts";
import { dynamoDbClient, s3Client, secretsClient } from "../../adapters/aws/serviceClients.ts";
import { deciderLease } from "../../adapters/aws/state/deciderLease.ts";
import { openDynamoMessageIndex } from "../../adapters/aws/state/messageIndex.ts";
import { openDynamoState } from "../../adapters/aws/state/stateStore.ts";
import { defaultIdentityRules } from "../../identity/index.ts";
import { type KeyedHash, keyedHash } from "../../model/keyedHash.ts";
import { Problem } from "../../model/problem.ts";
import { foldedWith } from "../foldedWith.ts";
import { type DeciderOutcome, type DeciderParts, runDecider } from "./decider.ts";
import { decideUntilQuiet } from "./decideUntilQuiet.ts";
import { deciderEnvironment } from "./environment.ts";

const settings = deciderEnvironment(process.env);
const { raw, headTable, claimMs, stateTable, leaseMs, homeCurrency } = settings;
const telemetry = lambdaTelemetry({ service: "decider", ...settings.telemetry });
const randomSteps = 2 ** 32;
const idBytes = 12;
/** A third of the lease. */
const renewMs = leaseMs / 3;
const newId = (): string => randomBytes(idBytes).toString("base64url");
const waits = { sleep: (ms: number) => sleep(ms), random: () => randomInt(randomSteps) / randomSteps };
const place = { bucket: raw.bucket, prefix: raw.prefix };
const table = () => ({ ...waits, client: dynamoDbClient({}), table: stateTable });
const lake = () => ({ ...place, s3: s3Client({}, raw.isPathStyle), sleep: waits.sleep });
const end = openRawLog({ ...lake(), dynamoDb: dynamoDbClient({}), headTable, claimMs, now: Date.now, randomBytes }).end;
// Open for as long as the function lives: segments that it has read, it has. What decides is opened for each invocation.
const log = openRawLogReader(lake());
const secrets = secretsClient({});
const lease = deciderLease({ ...table(), now: Date.now }, { owner: newId(), holdMs: leaseMs });
let known: KeyedHash | null = null;

/** What Lambda tells a function of its invocation, as far as it is used. */
interface Context {
  getRemainingTimeInMillis(): number;
}

/**
 * Lambda by a schedule, and after each object of the raw lake: decides what is not decided yet, one at a time. What it is
 * called with is not looked at. Rejects with a Problem's code, or `unexpected`: the messages of other errors might quote an event.
 */
export async function handler(_event: unknown, context: Context): Promise<{ outcome: DeciderOutcome }> {
  const { outcome, code } = await decided(context).then(
    (done) => ({ outcome: done, code: null }),
    (error: unknown) => ({ outcome: null, code: codeOf(error) }),
  );
  if (code !== null) telemetry.warn("deciding failed", { code });
  telemetry.count(outcome === null ? "DecidersFailed" : outcome === "held" ? "DecidersHeld" : "DecidersRun", 1);
  telemetry.flush();
  if (outcome === null) throw new Error(`deciding failed: ${code}`);
  return { outcome };
}

async function decided(context: Context): Promise<DeciderOutcome> {
  known ??= keyedHash(await readHashKey(secrets, settings.hashKeySecret));
  const parts = partsOf(known, context);
  return decideUntilQuiet(end, (until) => runDecider({ ...parts, end: until }));
}

function partsOf(hash: KeyedHash, context: Context): DeciderParts {
  const state = { now: Date.now, newId, hash, foldedWith: foldedWith(homeCurrency) };
  return {
    lease,
    log,
    end,
    hash,
    homeCurrency,
    rules: defaultIdentityRules,
    openState: () => openDynamoState({ ...table(), ...state }),
    openMessages: async (store) =>
      openDynamoMessageIndex({
        ...table(),
        log,
        decided: await store.position(),
        keptFrom: (await store.kept()).from,
        notProcessed: store.notProcessed,
      }),
    now: Date.now,
    remainingMs: () => context.getRemainingTimeInMillis(),
    sleep: async (ms, stopped) => {
      await sleep(ms, undefined, { signal: stopped }).catch(() => undefined);
    },
    onDecided: (_, records, { rejected, duplicates }) => {
      telemetry.count("RecordsDecided", records);
      telemetry.count("RecordsRejected", rejected);
      telemetry.count("RecordsSeenAgain", duplicates);
    },
    onTrouble: (error) => {
      telemetry.warn("a decision is tried again", { code: codeOf(error) });
      telemetry.count("DecisionsRetried", 1);
    },
    renewMs,
  };
}

function codeOf(error: unknown): string {
  if (error instanceof Problem) return error.code;
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^\w{1,64}$/.test(code) ? code : "unexpected";
}

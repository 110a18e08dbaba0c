import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { keyedHash } from "../../../model/keyedHash.ts";
import type { StateHarness, WriteFault } from "../../../storage/stateContract.ts";
import { broken, type Fault, FaultyHttp } from "../faultyHttp.fake.ts";
import { newTable } from "../table.fake.ts";
import { correctionsOver, linksOver, rulesVersionsOver } from "./corrections.ts";
import { fatesOver } from "./fates.ts";
import { peopleOver } from "./people.ts";
import { snapshotsOf } from "./snapshots.ts";
import { type DynamoStateParts, openDynamoState } from "./stateStore.ts";

const access = { region: "us-east-1", credentials: { accessKeyId: "standin", secretAccessKey: "standin" } };

/** `maxAttempts`: 1 where a single fault is to be told, and not tried again. */
export function clientOf(endpoint: string, requestHandler?: FaultyHttp, maxAttempts = 1): DynamoDBClient {
  return new DynamoDBClient({ ...access, endpoint, maxAttempts, ...(requestHandler ? { requestHandler } : {}) });
}

export function createStateTable(client: DynamoDBClient): Promise<string> {
  return newTable(client, "state");
}

export const hash = keyedHash(Buffer.alloc(32, 7));

export function stateParts(client: DynamoDBClient, table: string): DynamoStateParts {
  const newId = (): string => randomBytes(9).toString("base64url");
  const waits = { sleep: async (ms: number) => await sleep(ms), random: Math.random };
  return { client, table, hash, foldedWith: {}, now: Date.now, newId, ...waits };
}

const writes: ReadonlySet<string> = new Set(["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"]);

/** Counts the writes of one client from now on; one of them goes wrong. A crash ends everything that this client does. */
export class WriteFaults {
  #fault: WriteFault | null = null;
  #writes = 0;
  #isDead = false;
  #isMet = false;

  get isMet(): boolean {
    return this.#isMet;
  }
  get writes(): number {
    return this.#writes;
  }

  set(fault: WriteFault | null): void {
    this.#fault = fault;
    this.#writes = 0;
    this.#isMet = false;
  }

  readonly plan = (operation: string): Fault => {
    if (this.#isDead) return broken;
    if (!writes.has(operation)) return null;
    this.#writes += 1;
    if (this.#fault === null || this.#writes !== this.#fault.nth) return null;
    const { kind, look } = this.#fault;
    this.#isMet = true;
    if (kind === "looks") look?.();
    if (kind === "looks") return null;
    if (kind === "lostAnswer") return "lost";
    this.#isDead = kind === "crash";
    return broken;
  };
}

/** The state for contract suites: a table of its own. */
export async function stateHarness(endpoint: string): Promise<StateHarness> {
  const client = clientOf(endpoint, undefined, 3);
  const table = await createStateTable(client);
  let faults = new WriteFaults();
  const snapshot = snapshotsOf(stateParts(client, table));
  return {
    hash,
    open: async () => {
      const http = new FaultyHttp();
      faults = new WriteFaults();
      http.plan = faults.plan;
      return openDynamoState(stateParts(clientOf(endpoint, http), table));
    },
    fates: () => fatesOver(snapshot),
    people: () => peopleOver(snapshot, hash),
    corrections: () => correctionsOver(snapshot, hash),
    links: () => linksOver(snapshot, hash),
    rulesVersions: () => rulesVersionsOver(snapshot),
    fail: (fault) => faults.set(fault),
    met: () => faults.isMet,
    // The redo.
    writesBefore: 1,
    dispose: async () => {
      await client.send(new DeleteTableCommand({ TableName: table }));
      client.destroy();
    },
  };
}

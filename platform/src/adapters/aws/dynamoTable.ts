import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { Problem } from "../../model/problem.ts";
import type { Item } from "./accessRows.ts";

/** What a transaction came to: the places of the writes whose conditions did not hold; none when it was done. */
export type Outcome = { isDone: true } | { isDone: false; refused: ReadonlySet<number> };

/** Transactions that meet others in the same items are tried again so often, each after twice the time, at random. */
const maxConflicts = 8;
const conflictDelayMs = 20;
const tokenBytes = 24;

/** One table. Every read is strongly consistent. Problem 503 `access_store_unavailable` where DynamoDB does not answer. */
export interface DynamoTable {
  get(key: Item): Promise<Item | null>;
  /** All items with this partition key, in the order of `sk`. */
  all(pk: string): Promise<Item[]>;
  /** At most 100 writes, all or none. A repeated request (after a lost answer) counts once. */
  transact(writes: readonly TransactWriteItem[]): Promise<Outcome>;
  /** The item as it is then; null where the condition did not hold. */
  update(input: Omit<UpdateItemCommandInput, "TableName" | "ReturnValues">): Promise<Item | null>;
}

export interface TableParts {
  client: DynamoDBClient;
  sleep: (ms: number) => Promise<void>;
  /** 0 to 1. */
  random: () => number;
  randomBytes: (count: number) => Uint8Array;
}

export function dynamoTable(TableName: string, { client, sleep, random, randomBytes }: TableParts): DynamoTable {
  return {
    async get(Key) {
      const { Item } = await told(client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true })));
      return Item ?? null;
    },
    async all(pk) {
      const items: Item[] = [];
      const query = {
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: pk } },
      };
      const read = async (): Promise<void> => {
        for await (const { Items } of paginateQuery({ client }, query)) items.push(...(Items ?? []));
      };
      await told(read());
      return items;
    },
    async transact(writes) {
      // One for all attempts, the SDK's and ours: what was done is not done again.
      const token = Buffer.from(randomBytes(tokenBytes)).toString("base64url");
      for (let conflicts = 0; ; conflicts += 1) {
        const outcome = await told(tryOnce(client, writes, token));
        if (outcome !== "conflict") return outcome;
        if (conflicts === maxConflicts) throw unavailable("too many writers want the same at once");
        await sleep(conflictDelayMs * 2 ** conflicts * random());
      }
    },
    async update(input) {
      const command = new UpdateItemCommand({ TableName, ReturnValues: "ALL_NEW", ...input });
      for (let conflicts = 0; ; conflicts += 1) {
        const outcome = await told(updateOnce(client, command));
        if (outcome !== "conflict") return outcome;
        if (conflicts === maxConflicts) throw unavailable("too many writers want the same at once");
        await sleep(conflictDelayMs * 2 ** conflicts * random());
      }
    },
  };
}

async function updateOnce(
  client: DynamoDBClient,
  command: UpdateItemCommand,
): Promise<Record<string, AttributeValue> | null | "conflict"> {
  try {
    const { Attributes } = await client.send(command);
    return Attributes ?? null;
  } catch (error) {
    if (isNamed(error, "ConditionalCheckFailedException")) return null;
    // A transaction on the same item is under way; the SDK does not try again.
    if (isNamed(error, "TransactionConflictException")) return "conflict";
    throw error;
  }
}

async function tryOnce(
  client: DynamoDBClient,
  writes: readonly TransactWriteItem[],
  ClientRequestToken: string,
): Promise<Outcome | "conflict"> {
  try {
    await client.send(new TransactWriteItemsCommand({ TransactItems: [...writes], ClientRequestToken }));
    return { isDone: true };
  } catch (error) {
    if (isNamed(error, "TransactionInProgressException")) return "conflict";
    if (!(error instanceof TransactionCanceledException)) throw error;
    const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code);
    if (codes.some((code) => code === "TransactionConflict" || isThrottling(code))) return "conflict";
    const refused = codes.flatMap((code, at) => (code === "ConditionalCheckFailed" ? [at] : []));
    if (refused.length === 0) throw error;
    return { isDone: false, refused: new Set(refused) };
  }
}

function isThrottling(code: string | undefined): boolean {
  return code === "ThrottlingError" || code === "ProvisionedThroughputExceeded";
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** What the SDK could not get an answer for, in the caller's words. Nothing of the request is in the message. */
async function told<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unavailable(error instanceof Error ? error.name : "an error without a name");
  }
}

function unavailable(why: string): Problem {
  return new Problem(503, "access_store_unavailable", `the table of sources and tokens does not answer: ${why}`, {
    hint: "try again; whether a change was made is seen in: c360 sources list, c360 tokens list",
    retryAfterSeconds: 2,
  });
}

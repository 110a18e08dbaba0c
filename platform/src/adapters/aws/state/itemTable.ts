import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { inParallel } from "./inParallel.ts";
import { placeName, type Place } from "./place.ts";
import type { Range } from "./rowReads.ts";
import { StateUnavailable, told } from "./stateUnavailable.ts";

export type Item = Record<string, AttributeValue>;

/** DynamoDB's own bound. */
const maxKeysAtOnce = 100;
const maxWritesAtOnce = 25;
const mostBatchesAtOnce = 8;
/** Keys that DynamoDB did not come to are asked for again so often, each time after twice the time, at random. */
const maxRounds = 10;
const maxItemsGrown = 1_000;
const firstDelayMs = 20;

export interface TableParts {
  client: DynamoDBClient;
  /** With the keys `pk` (hash) and `sk` (range), both strings, and `expires` as its time to live. */
  table: string;
  sleep: (ms: number) => Promise<void>;
  /** 0 to 1. */
  random: () => number;
}

/** `before`: what was replaced, where it is done and something lay there. */
export interface Put {
  isDone: boolean;
  before: Item | null;
}

/** Items of one table. Every read is strongly consistent. Rejects with `StateUnavailable`. */
export interface ItemTable {
  /** Those that are there, by `placeName`. */
  get(places: readonly Place<unknown>[]): Promise<Map<string, Item>>;
  /** Pages of a partition's items. */
  pages(pk: string, range: Range): AsyncIterable<Item[]>;
  /** Where nothing lies, or what is older than `decision`. */
  putIfOlder(item: Item, decision: number): Promise<Put>;
  put(item: Item): Promise<void>;
  /** Of different keys, whatever lies there, in any order. */
  putAll(items: readonly Item[]): Promise<void>;
  /** The item as it is then; where the condition does not hold, as it is, with `isDone` false. */
  update(input: Omit<UpdateItemCommandInput, "TableName">): Promise<{ isDone: boolean; item: Item | null }>;
}

export function itemTable(parts: TableParts): ItemTable {
  return { ...readsOf(parts), ...writesOf(parts) };
}

function readsOf({ client, table: TableName, sleep, random }: TableParts): Pick<ItemTable, "get" | "pages"> {
  const getSome = async (keys: Item[], found: Map<string, Item>): Promise<void> => {
    let left = keys;
    for (let round = 0; left.length > 0; round += 1) {
      if (round === maxRounds) throw new StateUnavailable("it leaves keys out again and again");
      if (round > 0) await sleep(firstDelayMs * 2 ** round * random());
      const RequestItems = { [TableName]: { Keys: left, ConsistentRead: true } };
      const answer = await told(client.send(new BatchGetItemCommand({ RequestItems })));
      for (const item of answer.Responses?.[TableName] ?? []) found.set(itemName(item), item);
      left = answer.UnprocessedKeys?.[TableName]?.Keys ?? [];
    }
  };
  return {
    async get(places) {
      const wanted = [...new Map(places.map((place) => [placeName(place), place])).values()];
      const batches: Item[][] = [];
      for (let at = 0; at < wanted.length; at += maxKeysAtOnce) {
        batches.push(wanted.slice(at, at + maxKeysAtOnce).map(keyOf));
      }
      const found = new Map<string, Item>();
      await inParallel(batches, mostBatchesAtOnce, (batch) => getSome(batch, found));
      return found;
    },
    async *pages(pk, range) {
      if (range.from !== undefined && range.until !== undefined && range.from >= range.until) return;
      let ExclusiveStartKey: Item | undefined;
      let { limit } = range;
      do {
        const command = new QueryCommand({
          TableName,
          ConsistentRead: true,
          ...conditionOf(pk, range),
          ScanIndexForward: range.isDescending !== true,
          ...(limit === undefined ? {} : { Limit: limit }),
          ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
        });
        const { Items = [], LastEvaluatedKey } = await told(client.send(command));
        yield Items;
        ExclusiveStartKey = LastEvaluatedKey;
        // Where more is asked for, much of it was taken away.
        if (limit !== undefined) limit = Math.max(limit, Math.min(limit * 4, maxItemsGrown));
      } while (ExclusiveStartKey !== undefined);
    },
  };
}

function writesOf({ client, table: TableName, sleep, random }: TableParts): Omit<ItemTable, "get" | "pages"> {
  const putSome = async (items: readonly Item[]): Promise<void> => {
    let left = items.map((Item) => ({ PutRequest: { Item } }));
    for (let round = 0; left.length > 0; round += 1) {
      if (round === maxRounds) throw new StateUnavailable("it leaves items out again and again");
      if (round > 0) await sleep(firstDelayMs * 2 ** round * random());
      const answer = await told(client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: left } })));
      left = (answer.UnprocessedItems?.[TableName] ?? []) as typeof left;
    }
  };
  return {
    async putIfOlder(Item, decision) {
      const command = new PutItemCommand({
        TableName,
        Item,
        ConditionExpression: "attribute_not_exists(pk) OR d < :decision",
        ExpressionAttributeValues: { ":decision": { N: String(decision) } },
        ReturnValues: "ALL_OLD",
      });
      const answer = await told(unlessRefused(client.send(command)));
      return { isDone: answer !== null, before: answer?.Attributes ?? null };
    },
    async put(Item) {
      await told(client.send(new PutItemCommand({ TableName, Item })));
    },
    async putAll(items) {
      const batches: (readonly Item[])[] = [];
      for (let at = 0; at < items.length; at += maxWritesAtOnce) batches.push(items.slice(at, at + maxWritesAtOnce));
      await inParallel(batches, mostBatchesAtOnce, putSome);
    },
    async update(input) {
      const command = new UpdateItemCommand({
        TableName,
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        ...input,
      });
      try {
        const { Attributes } = await client.send(command);
        return { isDone: true, item: Attributes ?? null };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return { isDone: false, item: error.Item ?? null };
        return told(Promise.reject(error));
      }
    },
  };
}

async function unlessRefused<Answer>(work: Promise<Answer>): Promise<Answer | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null;
    throw error;
  }
}

export function keyOf({ pk, sk }: Place<unknown>): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function itemName(item: Item): string {
  return placeName({ pk: item["pk"]?.S ?? "", sk: item["sk"]?.S ?? "" });
}

/** A key's condition may not compare twice: both ends are BETWEEN, and the upper one, which is without, is taken out by the caller. */
function conditionOf(pk: string, { from, until }: Range) {
  const comparison =
    from !== undefined && until !== undefined
      ? " AND sk BETWEEN :from AND :until"
      : from !== undefined
        ? " AND sk >= :from"
        : until === undefined
          ? ""
          : " AND sk < :until";
  return {
    KeyConditionExpression: `pk = :pk${comparison}`,
    ExpressionAttributeValues: {
      ":pk": { S: pk },
      ...(from === undefined ? {} : { ":from": { S: from } }),
      ...(until === undefined ? {} : { ":until": { S: until } }),
    },
  };
}

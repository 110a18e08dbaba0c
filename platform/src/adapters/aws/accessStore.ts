import type { DynamoDBClient, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { Problem } from "../../model/problem.ts";
import type { Source } from "../../model/source.ts";
import type { AccessStore, NewSource, SourceChange } from "../../storage/access.ts";
import {
  checkedKey,
  checkedName,
  checkedRate,
  checkedSource,
  hashOfSecret,
  type Secrets,
  secretsFrom,
  sourceExists,
  sourceNotFound,
  tokenNotFound,
  writeKeyTaken,
} from "../../storage/accessChecks.ts";
import {
  sourceItem,
  sourceKey,
  sourceOf,
  text,
  tokenHashKey,
  tokenItem,
  tokenKey,
  tokenOf,
  writeKeyKey,
} from "./accessRows.ts";
import { type DynamoTable, dynamoTable } from "./dynamoTable.ts";
import { FreshCache } from "./freshCache.ts";

export interface DynamoAccessParts {
  client: DynamoDBClient;
  /** With the keys `pk` (hash) and `sk` (range), both strings. */
  table: string;
  /** UTC ms. */
  now: () => number;
  /** Cryptographic. */
  randomBytes: (count: number) => Uint8Array;
  /** 0 to 1. */
  random: () => number;
  sleep: (ms: number) => Promise<void>;
  /** How long another process's change may go unseen here. */
  freshForMs?: number;
}

const defaultFreshForMs = 1_000;
const maxCachedSecrets = 10_000;
const maxRotations = 8;
const rotationDelayMs = 20;

/**
 * `AccessStore` in a DynamoDB table (`accessRows.ts`). A change holds at once in the process that made it, and within
 * `freshForMs` in others. Problem 503 `access_store_unavailable`; 409 `source_changed_meanwhile` where others rotate the
 * same key all the time.
 */
export function openDynamoAccessStore(parts: DynamoAccessParts): AccessStore {
  return new DynamoAccessStore(parts);
}

class DynamoAccessStore implements AccessStore {
  readonly #parts: DynamoAccessParts;
  readonly #table: DynamoTable;
  readonly #secrets: Secrets;
  readonly #sources: FreshCache<Source | null>;
  readonly #tokens: FreshCache<string | null>;

  constructor(parts: DynamoAccessParts) {
    const { now, freshForMs = defaultFreshForMs } = parts;
    this.#parts = parts;
    this.#table = dynamoTable(parts.table, parts);
    this.#secrets = secretsFrom(parts.randomBytes);
    this.#sources = new FreshCache({ now, freshForMs, maxEntries: maxCachedSecrets });
    this.#tokens = new FreshCache({ now, freshForMs, maxEntries: maxCachedSecrets });
  }

  async sources(): Promise<Source[]> {
    return (await this.#table.all("source")).map(sourceOf);
  }

  async createSource(wanted: NewSource): Promise<{ source: Source; writeKey: string }> {
    const source = checkedSource(wanted, this.#parts.now());
    const writeKey = wanted.writeKey === undefined ? this.#secrets.writeKey() : checkedKey(wanted.writeKey);
    const keyHash = hashOfSecret(writeKey);
    const outcome = await this.#change([
      this.#put(sourceItem(source, keyHash)),
      this.#put({ ...writeKeyKey(keyHash), source: { S: source.id } }),
    ]);
    if (outcome.isDone) return { source, writeKey };
    throw outcome.refused.has(0) ? sourceExists(source.id) : writeKeyTaken();
  }

  async rotateWriteKey(id: string, wanted?: string): Promise<{ source: Source; writeKey: string }> {
    const writeKey = wanted === undefined ? this.#secrets.writeKey() : checkedKey(wanted);
    const hash = hashOfSecret(writeKey);
    for (let tries = 0; tries < maxRotations; tries += 1) {
      const item = await this.#table.get(sourceKey(id));
      if (item === null) throw sourceNotFound(id);
      const before = text(item, "keyHash");
      if (before === hash) return { source: sourceOf(item), writeKey };
      const outcome = await this.#change(this.#rotation(id, before, hash));
      if (outcome.isDone) return { source: sourceOf(item), writeKey };
      // Where the source's key changed meanwhile, it may be the same rotation that has the new one.
      if (outcome.refused.has(2) && !outcome.refused.has(0)) throw writeKeyTaken();
      await this.#parts.sleep(rotationDelayMs * 2 ** tries * this.#parts.random());
    }
    throw new Problem(409, "source_changed_meanwhile", "others change this source's key all the time", {
      hint: "see who rotates it, and try again",
    });
  }

  async changeSource(id: string, { enabled, maxEventsPerSecond }: SourceChange): Promise<Source> {
    const rate = maxEventsPerSecond === undefined ? undefined : checkedRate(maxEventsPerSecond);
    const set = [
      ...(enabled === undefined ? [] : ["enabled = :enabled"]),
      ...(typeof rate === "number" ? ["maxEventsPerSecond = :rate"] : []),
    ];
    const values = {
      ...(enabled === undefined ? {} : { ":enabled": { BOOL: enabled } }),
      ...(typeof rate === "number" ? { ":rate": { N: String(rate) } } : {}),
    };
    const expression = [
      ...(set.length === 0 ? [] : [`SET ${set.join(", ")}`]),
      ...(rate === null ? ["REMOVE maxEventsPerSecond"] : []),
    ].join(" ");
    const item =
      expression === ""
        ? await this.#table.get(sourceKey(id))
        : await this.#table.update({
            Key: sourceKey(id),
            UpdateExpression: expression,
            ConditionExpression: "attribute_exists(pk)",
            ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
          });
    this.#sources.forget();
    if (item === null) throw sourceNotFound(id);
    return sourceOf(item);
  }

  async sourceOfWriteKey(writeKey: string): Promise<Source | null> {
    const hash = hashOfSecret(writeKey);
    return this.#sources.get(hash, async () => {
      const owner = await this.#table.get(writeKeyKey(hash));
      if (owner === null) return null;
      const item = await this.#table.get(sourceKey(text(owner, "source")));
      // Between the two reads the key may have been rotated away.
      return item !== null && text(item, "keyHash") === hash ? sourceOf(item) : null;
    });
  }

  async tokens(): Promise<{ id: string; name: string; createdAt: number }[]> {
    const rows = (await this.#table.all("token")).map(tokenOf);
    return rows
      .map(({ id, name, createdAt }) => ({ id, name, createdAt }))
      .sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));
  }

  async createToken(name: string): Promise<{ id: string; token: string }> {
    const { id, token } = this.#secrets.token();
    const hash = hashOfSecret(token);
    const row = { id, name: checkedName(name), createdAt: this.#parts.now(), hash };
    const writes = [this.#put(tokenItem(row)), this.#put({ ...tokenHashKey(hash), token: { S: id } })];
    const outcome = await this.#change(writes);
    if (!outcome.isDone) throw new Error("two random tokens are the same");
    return { id, token };
  }

  async revokeToken(id: string): Promise<void> {
    const item = await this.#table.get(tokenKey(id));
    if (item === null) throw tokenNotFound();
    const outcome = await this.#change([
      this.#delete(tokenKey(id), "attribute_exists(pk)"),
      this.#delete(tokenHashKey(text(item, "hash"))),
    ]);
    if (!outcome.isDone) throw tokenNotFound();
  }

  async isToken(token: string): Promise<boolean> {
    return (await this.idOfToken(token)) !== null;
  }

  async idOfToken(token: string): Promise<string | null> {
    const hash = hashOfSecret(token);
    return this.#tokens.get(hash, async () => {
      const owner = await this.#table.get(tokenHashKey(hash));
      return owner === null ? null : text(owner, "token");
    });
  }

  async close(): Promise<void> {
    this.#parts.client.destroy();
  }

  /** Writes, and forgets what was known, also where nobody knows whether it was done. */
  async #change(writes: readonly TransactWriteItem[]): ReturnType<DynamoTable["transact"]> {
    try {
      return await this.#table.transact(writes);
    } finally {
      this.#sources.forget();
      this.#tokens.forget();
    }
  }

  #rotation(id: string, before: string, hash: string): TransactWriteItem[] {
    return [
      {
        Update: {
          TableName: this.#parts.table,
          Key: sourceKey(id),
          UpdateExpression: "SET keyHash = :hash",
          ConditionExpression: "keyHash = :before",
          ExpressionAttributeValues: { ":hash": { S: hash }, ":before": { S: before } },
        },
      },
      this.#delete(writeKeyKey(before)),
      this.#put({ ...writeKeyKey(hash), source: { S: id } }),
    ];
  }

  /** Only where nothing has this key. */
  #put(Item: ReturnType<typeof sourceKey>): TransactWriteItem {
    return { Put: { TableName: this.#parts.table, Item, ConditionExpression: "attribute_not_exists(pk)" } };
  }

  #delete(Key: ReturnType<typeof sourceKey>, ConditionExpression?: string): TransactWriteItem {
    const condition = ConditionExpression === undefined ? {} : { ConditionExpression };
    return { Delete: { TableName: this.#parts.table, Key, ...condition } };
  }
}

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Source, SourceKind } from "../../model/source.ts";

/**
 * Items of the access table, key `pk` and `sk`:
 *
 * | pk            | sk        | attributes                                                            |
 * | ------------- | --------- | --------------------------------------------------------------------- |
 * | `source`      | source id | name, kind, enabled, createdAt, keyHash, maxEventsPerSecond (or none) |
 * | `token`       | token id  | name, createdAt, hash                                                 |
 * | `key#<hash>`  | `owner`   | source: whose write key it is                                         |
 * | `hash#<hash>` | `owner`   | token: which API token it is                                          |
 *
 * Secrets are there as SHA-256 only. There are tens of sources and tokens: that all of them lie in one partition is no
 * bound; what each request asks (`key#…`, `hash#…`) is spread.
 */
export type Item = Record<string, AttributeValue>;

export interface TokenRow {
  id: string;
  name: string;
  createdAt: number;
  hash: string;
}

export const sourceKey = (id: string): Item => key("source", id);
export const tokenKey = (id: string): Item => key("token", id);
export const writeKeyKey = (hash: string): Item => key(`key#${hash}`, "owner");
export const tokenHashKey = (hash: string): Item => key(`hash#${hash}`, "owner");

export function sourceItem(source: Source, keyHash: string): Item {
  const { id, name, kind, enabled, createdAt } = source;
  return {
    ...sourceKey(id),
    name: { S: name },
    kind: { S: kind },
    enabled: { BOOL: enabled },
    createdAt: { N: String(createdAt) },
    keyHash: { S: keyHash },
  };
}

export function sourceOf(item: Item): Source {
  const rate = item["maxEventsPerSecond"]?.N;
  return {
    id: text(item, "sk"),
    name: text(item, "name"),
    kind: text(item, "kind") as SourceKind,
    enabled: item["enabled"]?.BOOL === true,
    maxEventsPerSecond: rate === undefined ? null : Number(rate),
    createdAt: Number(item["createdAt"]?.N),
  };
}

export function tokenItem({ id, name, createdAt, hash }: TokenRow): Item {
  return { ...tokenKey(id), name: { S: name }, createdAt: { N: String(createdAt) }, hash: { S: hash } };
}

export function tokenOf(item: Item): TokenRow {
  return {
    id: text(item, "sk"),
    name: text(item, "name"),
    createdAt: Number(item["createdAt"]?.N),
    hash: text(item, "hash"),
  };
}

export function text(item: Item, name: string): string {
  return item[name]?.S ?? "";
}

function key(pk: string, sk: string): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

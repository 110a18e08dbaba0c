import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { rawLogUnavailable } from "./problems.ts";

/**
 * The head of the raw log, one item (`pk` = `rawLog`, `sk` = `head`):
 *
 * | attribute     | what                                                                       |
 * | ------------- | -------------------------------------------------------------------------- |
 * | `nextSegment` | the number that nobody has yet                                             |
 * | `claims`      | by claim: the number that it has, until its object is known to be there    |
 * | `claimedAt`   | by claim: UTC ms                                                           |
 *
 * Everything before the smallest number that is claimed is there. A claim takes one write that no other makes fail, so
 * any number of writers may claim at once.
 */
export interface Claim {
  /** Random: who asks again after a lost answer has the same number. */
  readonly token: string;
  readonly segment: number;
  /** UTC ms, by the claimer's clock. */
  readonly claimedAt: number;
}

export interface Head {
  readonly nextSegment: number;
  readonly claims: readonly Claim[];
}

export interface HeadStore {
  /**
   * The next number, and all that is claimed then; with a token that has a number, that one again. A null number where
   * `maxClaims` have theirs.
   */
  claim(token: string, now: number): Promise<{ segment: number | null; head: Head }>;
  /** The claim's object is there, whoever wrote it. Again, or where the token has another number since: nothing. */
  release(claim: Pick<Claim, "token" | "segment">, signal?: AbortSignal): Promise<void>;
  read(): Promise<Head>;
}

/** Writers at a time, with those that died: an item has 400 KB. */
export const maxClaims = 1_000;
const Key = { pk: { S: "rawLog" }, sk: { S: "head" } };

/**
 * Where there is no head yet, or no more, it begins behind the last object; numbers before that without one are as if they
 * were claimed just now, so that they are waited for and then closed. Problem 503 `raw_log_unavailable`.
 */
export function headStore(
  client: DynamoDBClient,
  TableName: string,
  found: (within: number) => Promise<{ next: number; missing: readonly number[] }>,
): HeadStore {
  const create = async (now: number): Promise<void> => {
    const { next, missing } = await found(maxClaims - 1);
    const mapOf = (valueOf: (segment: number) => number) => ({
      M: Object.fromEntries(missing.map((segment) => [`lost${segment}`, { N: String(valueOf(segment)) }])),
    });
    const Item = {
      ...Key,
      nextSegment: { N: String(next) },
      claims: mapOf((segment) => segment),
      claimedAt: mapOf(() => now),
    };
    const command = new PutItemCommand({ TableName, Item, ConditionExpression: "attribute_not_exists(pk)" });
    await client.send(command).catch(unlessRefused);
  };
  const claim = async (token: string, now: number, isNew = false): Promise<{ segment: number | null; head: Head }> => {
    try {
      const { Attributes } = await client.send(claimOf(TableName, token, now));
      return claimed(token, headOf(Attributes));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw rawLogUnavailable(error);
      if (error.Item === undefined) {
        if (isNew) throw rawLogUnavailable(new Error("no head where it was just made"));
        await create(now).catch((failure: unknown) => {
          throw rawLogUnavailable(failure);
        });
        return claim(token, now, true);
      }
      const head = headOf(error.Item);
      // It was done before, and the answer lost.
      if (head.claims.some((each) => each.token === token)) return claimed(token, head);
      return { segment: null, head };
    }
  };
  return {
    claim,
    async release({ token, segment }, abortSignal) {
      const command = new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: "REMOVE claims.#token, claimedAt.#token",
        ConditionExpression: "claims.#token = :segment",
        ExpressionAttributeNames: { "#token": token },
        ExpressionAttributeValues: { ":segment": { N: String(segment) } },
      });
      try {
        await client.send(command, abortSignal === undefined ? {} : { abortSignal }).catch(unlessRefused);
      } catch (error) {
        throw rawLogUnavailable(error);
      }
    },
    async read() {
      try {
        const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
        return headOf(Item);
      } catch (error) {
        throw rawLogUnavailable(error);
      }
    },
  };
}

function claimOf(TableName: string, token: string, now: number): UpdateItemCommand {
  return new UpdateItemCommand({
    TableName,
    Key,
    // The right-hand sides are those of before.
    UpdateExpression: "SET claims.#token = nextSegment, claimedAt.#token = :now, nextSegment = nextSegment + :one",
    ConditionExpression: "attribute_exists(pk) AND attribute_not_exists(claims.#token) AND size(claims) < :most",
    ExpressionAttributeNames: { "#token": token },
    ExpressionAttributeValues: { ":now": { N: String(now) }, ":one": { N: "1" }, ":most": { N: String(maxClaims) } },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}

function claimed(token: string, head: Head): { segment: number; head: Head } {
  const own = head.claims.find((each) => each.token === token);
  if (own === undefined) throw rawLogUnavailable(new Error("no claim in the answer"));
  return { segment: own.segment, head };
}

function headOf(item: Record<string, AttributeValue> | undefined): Head {
  const at = item?.["claimedAt"]?.M ?? {};
  const claims = Object.entries(item?.["claims"]?.M ?? {}).map(([token, { N }]) => ({
    token,
    segment: Number(N),
    claimedAt: Number(at[token]?.N ?? 0),
  }));
  return { nextSegment: Number(item?.["nextSegment"]?.N ?? 0), claims };
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
}

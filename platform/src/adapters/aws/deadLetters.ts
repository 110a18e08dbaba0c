import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Problem } from "../../model/problem.ts";

/** What came by the way in and is none of our records: kept as it came, with why. */
export interface DeadLetter {
  /** A message of SQS, or a record of Kinesis. */
  readonly from: "queue" | "stream";
  /** The message's id, or shard and sequence number: the same for each delivery of the same. */
  readonly id: string;
  /** UTC ms. */
  readonly receivedAt: number;
  readonly reason: { readonly code: string; readonly message: string };
  /** A message's text, or a record's data in base64. */
  readonly body: string;
}

export type DeadLetterFate = "rejected" | "replayed";

export interface DeadLetters {
  /** Gives its key. Again for the same delivery: nothing more. */
  keep(letter: DeadLetter): Promise<string>;
  /** At most `limit` keys after one, in their order. */
  list(limit: number, after?: string): Promise<string[]>;
  /** Problem 404 `dead_letter_not_found`. */
  read(key: string): Promise<{ letter: DeadLetter; fate: DeadLetterFate }>;
  /** It has been replayed; it stays, for who asks what became of it. */
  settle(key: string, now: number): Promise<void>;
}

export interface DeadLetterParts {
  client: S3Client;
  bucket: string;
  /** Empty, or it ends with a slash. */
  prefix: string;
}

const replayedSuffix = ".replayed";

/** Objects of S3: `queue/<id>.json`, `stream/<id>.json`, and beside one that was replayed another. Problem 503 `dead_letters_unavailable`. */
export function openDeadLetters({ client, bucket: Bucket, prefix }: DeadLetterParts): DeadLetters {
  const put = async (Key: string, value: unknown): Promise<void> => {
    const Body = JSON.stringify(value);
    const wanted = { Bucket, Key, Body, ContentType: "application/json", IfNoneMatch: "*" };
    try {
      await client.send(new PutObjectCommand(wanted));
    } catch (error) {
      if (statusOf(error) !== 412) throw unavailable(error);
    }
  };
  const get = async (Key: string): Promise<string | null> => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? null;
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return null;
      throw unavailable(error);
    }
  };
  return {
    async keep(letter) {
      const key = `${prefix}${letter.from}/${letter.id}.json`;
      await put(key, { version: 1, ...letter });
      return key;
    },
    async list(limit, after) {
      const keys: string[] = [];
      let StartAfter = after;
      for (;;) {
        const asked = { Bucket, Prefix: prefix, MaxKeys: limit, ...(StartAfter === undefined ? {} : { StartAfter }) };
        const { Contents = [], IsTruncated } = await client.send(new ListObjectsV2Command(asked)).catch(told);
        keys.push(...Contents.flatMap(({ Key = "" }) => (Key.endsWith(".json") ? [Key] : [])));
        StartAfter = Contents.at(-1)?.Key;
        if (IsTruncated !== true || keys.length >= limit || StartAfter === undefined) return keys.slice(0, limit);
      }
    },
    async read(key) {
      const text = key.startsWith(prefix) ? await get(key) : null;
      if (text === null) {
        throw new Problem(404, "dead_letter_not_found", "There is no such dead letter.", {
          hint: "List them: their keys name what there is.",
        });
      }
      const isReplayed = (await get(`${key}${replayedSuffix}`)) !== null;
      return { letter: JSON.parse(text) as DeadLetter, fate: isReplayed ? "replayed" : "rejected" };
    },
    settle: (key, now) => put(`${key}${replayedSuffix}`, { at: new Date(now).toISOString() }),
  };
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

function told(error: unknown): never {
  throw unavailable(error);
}

function unavailable(error: unknown): Problem {
  const why = error instanceof Error ? error.name : "an error without a name";
  return new Problem(503, "dead_letters_unavailable", `The bucket of dead letters does not answer: ${why}.`, {
    hint: "Try again.",
    retryAfterSeconds: 5,
  });
}

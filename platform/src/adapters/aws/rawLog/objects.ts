import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { rawLogUnavailable } from "./problems.ts";

export interface SegmentObjects {
  /** Writes the segment unless there is one; `taken` where another wrote it. Again with the same token: `written`. */
  put(segment: number, bytes: Uint8Array, token: string, signal?: AbortSignal): Promise<"written" | "taken">;
  /** Null where there is none. */
  get(segment: number): Promise<Uint8Array | null>;
  /** The number after the last object, 0 where there is none; and those without one among the last `within` before it. */
  found(within: number): Promise<{ next: number; missing: number[] }>;
}

export interface ObjectParts {
  client: S3Client;
  bucket: string;
  /** Empty, or it ends with a slash. */
  prefix: string;
  sleep: (ms: number) => Promise<void>;
}

type Within = { abortSignal?: AbortSignal };

/** S3 refuses both of two writers that come at the same moment: then one of them must come again. */
const maxConflicts = 8;
const conflictDelayMs = 50;
const maxSegment = 2 ** 31 - 1;

/** Objects named as the embedded log's files: `0000000012.log`. Problem 503 `raw_log_unavailable`. */
export function segmentObjects({ client, bucket, prefix, sleep }: ObjectParts): SegmentObjects {
  const at = (segment: number) => ({ Bucket: bucket, Key: `${prefix}${String(segment).padStart(10, "0")}.log` });
  const isOurs = async (segment: number, token: string, within: Within): Promise<boolean> => {
    const { Metadata } = await client.send(new HeadObjectCommand(at(segment)), within);
    return Metadata?.["claim"] === token;
  };
  const put = async (
    segment: number,
    bytes: Uint8Array,
    token: string,
    within: Within,
  ): Promise<"written" | "taken"> => {
    const Metadata = { claim: token };
    const wanted = { ...at(segment), Body: bytes, IfNoneMatch: "*", Metadata, ContentType: "application/octet-stream" };
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        await client.send(new PutObjectCommand(wanted), within);
        return "written";
      } catch (error) {
        const status = statusOf(error);
        if (status === 412) return (await isOurs(segment, token, within)) ? "written" : "taken";
        if (status !== 409 || conflicts === maxConflicts) throw error;
        await sleep(conflictDelayMs * (conflicts + 1));
      }
    }
  };
  /** Numbers that have an object, from one on, at most `most` of them. */
  const numbersFrom = async (segment: number, most: number): Promise<number[]> => {
    const StartAfter = segment === 0 ? prefix : at(segment - 1).Key;
    const asked = { Bucket: bucket, Prefix: prefix, MaxKeys: most, StartAfter };
    const { Contents = [] } = await client.send(new ListObjectsV2Command(asked));
    const names = Contents.map(({ Key = "" }) => Key.slice(prefix.length));
    return names.flatMap((name) => (/^\d{10}\.log$/.test(name) ? [Number.parseInt(name, 10)] : []));
  };
  const found = async (within: number): Promise<{ next: number; missing: number[] }> => {
    const next = await firstWithout(async (segment) => (await numbersFrom(segment, 1)).length > 0);
    const from = Math.max(0, next - within);
    const there = new Set(await numbersFrom(from, within));
    const all = Array.from({ length: next - from }, (_, at) => from + at);
    return { next, missing: all.filter((segment) => !there.has(segment)) };
  };
  return {
    put: async (segment, bytes, token, signal) =>
      told(put(segment, bytes, token, signal === undefined ? {} : { abortSignal: signal })),
    get: async (segment) => {
      try {
        const { Body } = await client.send(new GetObjectCommand(at(segment)));
        return (await Body?.transformToByteArray()) ?? null;
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return null;
        throw rawLogUnavailable(error);
      }
    },
    found: async (within) => told(found(within)),
  };
}

/** The smallest number from which on there is none: doubling until there is none, then halving. */
async function firstWithout(isAnyFrom: (segment: number) => Promise<boolean>): Promise<number> {
  let low = 0;
  let high = 1;
  while (high < maxSegment && (await isAnyFrom(high))) {
    low = high + 1;
    high = Math.min(high * 2, maxSegment);
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await isAnyFrom(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

async function told<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw rawLogUnavailable(error);
  }
}

import type { BufferRecord } from "../../../buffer/eventBuffer.ts";
import { maxRecordsPerSegment, type Position, position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { countWithin } from "../batchingSink.ts";
import { type Claim, type Head, headStore, type HeadStore } from "./head.ts";
import { segmentObjects, type SegmentObjects } from "./objects.ts";
import { encodeHole, encodeSegment, plainBytesOf } from "./segmentObject.ts";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";

export interface RawLogParts {
  s3: S3Client;
  bucket: string;
  /** Empty, or it ends with a slash. */
  prefix: string;
  dynamoDb: DynamoDBClient;
  /** With the keys `pk` (hash) and `sk` (range), both strings. */
  headTable: string;
  /** After so long a claim whose object is not there is closed. Only a matter of waiting: no order of things is wrong. */
  claimMs: number;
  /** UTC ms. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Cryptographic. */
  randomBytes: (count: number) => Uint8Array;
  /** What was done all the same, such as a claim that stays open for its time. Nothing of an event is in it. */
  onTrouble?: (error: unknown) => void;
}

export interface RawLog {
  /**
   * Records become immutable segments: durable when it resolves, with their positions in order. It rejects with 503
   * Problems, and then each may be there or not; records that are appended again are there twice.
   */
  append(records: readonly BufferRecord[]): Promise<Position[]>;
  /** Position after the last record before which all are durable. Closes claims whose writers died. */
  end(): Promise<Position>;
  close(): Promise<void>;
}

/** Of a segment before it is compressed; a larger one has a single record. */
const maxSegmentBytes = 8_388_608;
/** Numbers that others closed meanwhile: who is so slow so often is too slow. */
const maxLostClaims = 5;
/** Closed in one go; those that are left are the next one's. */
const maxClosed = 10;
const tokenBytes = 16;

/**
 * The log of the AWS edition: objects of S3, each with a number that the head gave. The object decides: it is written
 * only where there is none, so a writer that was taken for dead, and one that is, come out the same. Whoever closes a
 * claim writes an empty segment in its place, or finds that it is there already; then the number is no longer waited for.
 * Many writers at once, in any number of processes.
 */
export function openRawLog(parts: RawLogParts): RawLog {
  const objects = segmentObjects({ client: parts.s3, ...parts });
  const head = headStore(parts.dynamoDb, parts.headTable, (within) => objects.found(within));
  return {
    async append(records) {
      const positions: Position[] = [];
      for (let at = 0; at < records.length;) {
        const sizes = records.slice(at).map(plainBytesOf);
        const count = countWithin(sizes, maxSegmentBytes, maxRecordsPerSegment);
        const segment = await writeSegment(parts, objects, head, records.slice(at, at + count));
        for (let ordinal = 0; ordinal < count; ordinal += 1) positions.push(position(segment, ordinal));
        at += count;
      }
      return positions;
    },
    async end() {
      let known = await head.read();
      if ((await closeDead(parts, objects, head, known)) > 0) known = await head.read();
      return position(Math.min(known.nextSegment, ...known.claims.map(({ segment }) => segment)), 0);
    },
    async close() {
      parts.s3.destroy();
      parts.dynamoDb.destroy();
    },
  };
}

async function writeSegment(
  parts: RawLogParts,
  objects: SegmentObjects,
  head: HeadStore,
  records: readonly BufferRecord[],
): Promise<number> {
  for (let lost = 0; lost < maxLostClaims; lost += 1) {
    const token = Buffer.from(parts.randomBytes(tokenBytes)).toString("hex");
    const { segment, head: known } = await head.claim(token, parts.now());
    const bytes = await encodeSegment(headerOf(parts, segment), records);
    const outcome = await objects.put(segment, bytes, token);
    await head.release(token).catch((error: unknown) => {
      // The object is there, or another's: whoever closes the claim finds it.
      parts.onTrouble?.(error);
    });
    await closeDead(parts, objects, head, known).catch((error: unknown) => {
      parts.onTrouble?.(error);
    });
    if (outcome === "written") return segment;
  }
  throw new Problem(
    503,
    "raw_log_slow",
    `Writing to the raw log took longer than its claims hold, ${maxLostClaims} times.`,
    {
      hint: "Raise C360_AWS_RAW_CLAIM_SECONDS, or send smaller batches.",
      retryAfterSeconds: 5,
    },
  );
}

/** Puts something in the place of claims that have stood for too long; gives how many. */
async function closeDead(parts: RawLogParts, objects: SegmentObjects, head: HeadStore, known: Head): Promise<number> {
  const before = parts.now() - parts.claimMs;
  const dead = known.claims.filter(({ claimedAt }) => claimedAt < before).sort((a, b) => a.segment - b.segment);
  for (const claim of dead.slice(0, maxClosed)) await closeClaim(parts, objects, head, claim);
  return Math.min(dead.length, maxClosed);
}

async function closeClaim(parts: RawLogParts, objects: SegmentObjects, head: HeadStore, claim: Claim): Promise<void> {
  const closing = `${claim.token}.closed`;
  await objects.put(claim.segment, await encodeHole(headerOf(parts, claim.segment)), closing);
  await head.release(claim.token);
}

function headerOf({ now, randomBytes }: RawLogParts, segment: number) {
  return { segment, createdAt: now(), salt: Buffer.from(randomBytes(4)).readUInt32LE(0) };
}

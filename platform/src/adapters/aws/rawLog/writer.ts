import type { BufferRecord } from "../../../buffer/eventBuffer.ts";
import { maxRecordsPerSegment, type Position, position } from "../../../model/position.ts";
import { countWithin } from "../batchingSink.ts";
import { type Claim, type Head, headStore, type HeadStore } from "./head.ts";
import { segmentObjects, type SegmentObjects } from "./objects.ts";
import { rawLogBusy, rawLogSlow } from "./problems.ts";
import { encodeHole, encodeSegment, maxSegmentBytes, plainBytesOf } from "./segmentObject.ts";
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

/** Numbers that others closed meanwhile: who is so slow so often is too slow. */
const maxLostClaims = 5;
/** Closed in one go by who has to wait for them; those that are left are the next one's. */
const maxClosed = 10;
/** Closed by who has written already, in so much time. */
const maxClosedInPassing = 1;
const closingMs = 2_000;
const tokenBytes = 16;

/** What one process has of the log. */
interface Writing {
  parts: RawLogParts;
  objects: SegmentObjects;
  head: HeadStore;
  /** Tokens of claims that came to nothing: the next has them, so that failing over and over claims no more numbers. */
  spare: string[];
}

/**
 * The log of the AWS edition: objects of S3, each with a number that the head gave. The object decides: it is written
 * only where there is none, so a writer that was taken for dead, and one that is, come out the same. Whoever closes a
 * claim writes an empty segment in its place, or finds that it is there already; then the number is no longer waited for.
 * Many writers at once, in any number of processes.
 */
export function openRawLog(parts: RawLogParts): RawLog {
  const objects = segmentObjects({ client: parts.s3, ...parts });
  const head = headStore(parts.dynamoDb, parts.headTable, (within) => objects.found(within));
  const writing: Writing = { parts, objects, head, spare: [] };
  return {
    async append(records) {
      const positions: Position[] = [];
      for (let at = 0; at < records.length;) {
        const sizes = records.slice(at).map(plainBytesOf);
        const count = countWithin(sizes, maxSegmentBytes, maxRecordsPerSegment);
        const segment = await writeSegment(writing, records.slice(at, at + count));
        for (let ordinal = 0; ordinal < count; ordinal += 1) positions.push(position(segment, ordinal));
        at += count;
      }
      return positions;
    },
    async end() {
      const known = await head.read();
      const closed = await closeDead(writing, known, maxClosed);
      return endOf(closed === 0 ? known : await head.read().catch(orElse(known, parts)));
    },
    async close() {
      parts.s3.destroy();
      parts.dynamoDb.destroy();
    },
  };
}

async function writeSegment(writing: Writing, records: readonly BufferRecord[]): Promise<number> {
  const { parts, objects, head, spare } = writing;
  for (let lost = 0; lost < maxLostClaims; lost += 1) {
    const token = spare.pop() ?? randomToken(parts);
    try {
      const { segment, head: known } = await claimNumber(writing, token);
      // Not the claim's token: an earlier try under that may have written other records, unheard.
      const outcome = await objects.put(
        segment,
        await encodeSegment(headerOf(parts, segment), records),
        randomToken(parts),
      );
      // Where it fails, the object is there, or another's: whoever closes the claim finds it.
      await head.release({ token, segment }).catch(orElse(undefined, parts));
      await closeDead(writing, known, maxClosedInPassing, AbortSignal.timeout(closingMs));
      if (outcome === "written") return segment;
    } catch (error) {
      spare.push(token);
      throw error;
    }
  }
  throw rawLogSlow(maxLostClaims);
}

/** Where as many as can be are claimed, those whose writers died make room. Problem 503 `raw_log_busy`. */
async function claimNumber(writing: Writing, token: string): Promise<{ segment: number; head: Head }> {
  const { parts, head } = writing;
  for (let isLast = false; ; isLast = true) {
    const { segment, head: known } = await head.claim(token, parts.now());
    if (segment !== null) return { segment, head: known };
    if (isLast || (await closeDead(writing, known, maxClosed)) === 0) throw rawLogBusy(known.claims.length);
  }
}

/** Puts something in the place of claims that have stood for too long, as many as can be; gives how many. */
async function closeDead(writing: Writing, known: Head, most: number, signal?: AbortSignal): Promise<number> {
  const { parts } = writing;
  const before = parts.now() - parts.claimMs;
  const dead = known.claims.filter(({ claimedAt }) => claimedAt < before).sort((a, b) => a.segment - b.segment);
  let closed = 0;
  for (const claim of dead.slice(0, most)) {
    const isClosed = await closeClaim(writing, claim, signal).then(() => true, orElse(false, parts));
    if (isClosed) closed += 1;
  }
  return closed;
}

async function closeClaim({ parts, objects, head }: Writing, claim: Claim, signal?: AbortSignal): Promise<void> {
  const closing = `${claim.token}.closed`;
  await objects.put(claim.segment, await encodeHole(headerOf(parts, claim.segment)), closing, signal);
  await head.release(claim, signal);
}

function endOf({ nextSegment, claims }: Head): Position {
  return position(Math.min(nextSegment, ...claims.map(({ segment }) => segment)), 0);
}

function orElse<Value>(value: Value, { onTrouble }: RawLogParts): (error: unknown) => Value {
  return (error) => {
    onTrouble?.(error);
    return value;
  };
}

function randomToken({ randomBytes }: RawLogParts): string {
  return Buffer.from(randomBytes(tokenBytes)).toString("hex");
}

function headerOf({ now, randomBytes }: RawLogParts, segment: number) {
  return { segment, createdAt: now(), salt: Buffer.from(randomBytes(4)).readUInt32LE(0) };
}

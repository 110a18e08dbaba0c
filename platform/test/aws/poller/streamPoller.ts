import { createHash } from "node:crypto";
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type _Record,
  type Shard,
} from "@aws-sdk/client-kinesis";
import type { KinesisStreamRecord } from "aws-lambda";
import { processBatch, type StreamParts } from "./streamBatch.ts";

export interface StreamPoller {
  /** Reads every shard from where it was to its end, parents before their children, and waits until all is worked off. */
  drain(): Promise<void>;
}

/** Follows a stream from its beginning as Lambda's event source mapping does: each shard in its order. */
export function streamPoller(client: KinesisClient, stream: string, parts: StreamParts): StreamPoller {
  const iterators = new Map<string, string | null>();
  const drainShard = async (shard: Shard): Promise<void> => {
    const { ShardId = "" } = shard;
    let iterator = iterators.has(ShardId) ? iterators.get(ShardId) : await firstIterator(client, stream, ShardId);
    while (typeof iterator === "string") {
      const answer = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 10_000 }));
      const records = (answer.Records ?? []).map((record) => eventRecord(ShardId, record));
      await processInLanes(records, parts);
      // None: the shard is closed, and read to its end.
      iterator = answer.NextShardIterator ?? null;
      iterators.set(ShardId, iterator);
      if (records.length === 0) return;
    }
  };
  const isDone = (id: string | undefined): boolean => id === undefined || iterators.get(id) === null;
  return {
    async drain() {
      for (;;) {
        const shards = await shardsOf(client, stream);
        const known = new Set(shards.map(({ ShardId }) => ShardId));
        const isReady = (id: string | undefined): boolean => isDone(id) || !known.has(id);
        const ready = shards.filter(
          ({ ShardId, ParentShardId, AdjacentParentShardId }) =>
            iterators.get(ShardId ?? "") !== null && isReady(ParentShardId) && isReady(AdjacentParentShardId),
        );
        const before = [...iterators.values()].filter((iterator) => iterator === null).length;
        await Promise.all(ready.map(drainShard));
        // A shard that was read to its end lets its children begin.
        if ([...iterators.values()].filter((iterator) => iterator === null).length === before) return;
      }
    },
  };
}

/** Batches of one shard, as many at a time as lanes; a partition key has its lane, so that its records stay in order. */
export async function processInLanes(records: readonly KinesisStreamRecord[], parts: StreamParts): Promise<void> {
  const { parallelizationFactor, batchSize } = parts.mapping;
  const lanes = Array.from({ length: parallelizationFactor }, (): KinesisStreamRecord[] => []);
  for (const record of records) lanes[laneOf(record.kinesis.partitionKey, parallelizationFactor)]?.push(record);
  await Promise.all(
    lanes.map(async (lane) => {
      for (let at = 0; at < lane.length; at += batchSize) await processBatch(lane.slice(at, at + batchSize), parts);
    }),
  );
}

function laneOf(key: string, lanes: number): number {
  return createHash("md5").update(key).digest().readUInt32BE(0) % lanes;
}

async function firstIterator(client: KinesisClient, StreamName: string, ShardId: string): Promise<string | null> {
  const asked = { StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" } as const;
  return (await client.send(new GetShardIteratorCommand(asked))).ShardIterator ?? null;
}

async function shardsOf(client: KinesisClient, StreamName: string): Promise<Shard[]> {
  const shards: Shard[] = [];
  let NextToken: string | undefined;
  do {
    const answer = await client.send(new ListShardsCommand(NextToken === undefined ? { StreamName } : { NextToken }));
    shards.push(...(answer.Shards ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return shards;
}

function eventRecord(shardId: string, record: _Record): KinesisStreamRecord {
  const { PartitionKey = "", SequenceNumber = "", Data = new Uint8Array(0), ApproximateArrivalTimestamp } = record;
  return {
    awsRegion: "us-east-1",
    eventID: `${shardId}:${SequenceNumber}`,
    eventName: "aws:kinesis:record",
    eventSource: "aws:kinesis",
    eventSourceARN: "arn:aws:kinesis:us-east-1:000000000000:stream/events",
    eventVersion: "1.0",
    invokeIdentityArn: "arn:aws:iam::000000000000:role/ingest",
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: PartitionKey,
      sequenceNumber: SequenceNumber,
      data: Buffer.from(Data).toString("base64"),
      approximateArrivalTimestamp: (ApproximateArrivalTimestamp?.getTime() ?? 0) / 1_000,
    },
  };
}

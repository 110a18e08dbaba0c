import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type Shard,
} from "@aws-sdk/client-kinesis";

export interface ReadRecord {
  shard: string;
  key: string;
  sequence: bigint;
  data: Uint8Array;
}

/** All that is in a stream now: every shard from its beginning, closed ones too, each up to its end. */
export async function readStream(client: KinesisClient, stream: string): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  for (const shard of await shardsOf(client, stream)) records.push(...(await readShard(client, stream, shard)));
  return records;
}

export async function shardsOf(client: KinesisClient, stream: string): Promise<Shard[]> {
  const shards: Shard[] = [];
  let NextToken: string | undefined;
  do {
    // A token stands in place of the stream's name.
    const asked = NextToken === undefined ? { StreamName: stream } : { NextToken };
    const answer = await client.send(new ListShardsCommand(asked));
    shards.push(...(answer.Shards ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return shards;
}

/** A shard that takes no more; its children have its keys. */
export function isClosed(shard: Shard): boolean {
  return shard.SequenceNumberRange?.EndingSequenceNumber !== undefined;
}

async function readShard(client: KinesisClient, stream: string, shard: Shard): Promise<ReadRecord[]> {
  const { ShardId = "" } = shard;
  const asked = { StreamName: stream, ShardId, ShardIteratorType: "TRIM_HORIZON" } as const;
  let { ShardIterator: iterator } = await client.send(new GetShardIteratorCommand(asked));
  const records: ReadRecord[] = [];
  // A closed shard ends with no iterator; an open one with nothing more behind.
  while (iterator !== undefined) {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    for (const { PartitionKey = "", SequenceNumber = "0", Data = new Uint8Array() } of answer.Records ?? []) {
      records.push({ shard: ShardId, key: PartitionKey, sequence: BigInt(SequenceNumber), data: Data });
    }
    iterator = answer.NextShardIterator ?? undefined;
    if ((answer.Records ?? []).length === 0 && !isClosed(shard)) break;
  }
  return records;
}

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
  MergeShardsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { afterAll, afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { withStandIn } from "../../../../test/aws/withStandIn.ts";
import { numbered, plain, problemOf, range } from "../../../buffer/numberedRecords.ts";
import { eventSinkContract } from "../../../buffer/sinkContract.ts";
import { broken, type Fault, FaultyHttp, first, throttled, unavailable } from "../faultyHttp.fake.ts";
import { kinesisClient } from "../serviceClients.ts";
import { type KinesisSinkParts, openKinesisSink } from "./eventSink.ts";
import { decodeFrame } from "./recordFrame.ts";
import { isClosed, readStream, shardsOf } from "./streamReader.fake.ts";

const credentials = { accessKeyId: "standin", secretAccessKey: "standin" };
const parts = { random: Math.random, sleep: (ms: number) => sleep(ms) };

async function untilActive(client: KinesisClient, StreamName: string): Promise<void> {
  for (;;) {
    const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
    if (StreamDescriptionSummary?.StreamStatus === "ACTIVE") return;
    await sleep(20);
  }
}

async function createStream(client: KinesisClient, ShardCount = 2): Promise<string> {
  const StreamName = `events-${randomBytes(6).toString("hex")}`;
  await client.send(new CreateStreamCommand({ StreamName, ShardCount }));
  await untilActive(client, StreamName);
  return StreamName;
}

withStandIn("kinesalite", (endpoint) => {
  const clientOf = (requestHandler?: FaultyHttp): KinesisClient =>
    kinesisClient({ endpoint, region: "us-east-1", credentials, ...(requestHandler ? { requestHandler } : {}) });
  const numbersIn = async (client: KinesisClient, stream: string): Promise<number[]> =>
    (await readStream(client, stream)).map(({ data }) => Buffer.from(decodeFrame(data).payload).readUInt32BE(0));

  eventSinkContract("Kinesis", async () => {
    const client = clientOf();
    const stream = await createStream(client);
    const http = new FaultyHttp();
    return {
      open: async (maxPendingBytes) =>
        openKinesisSink({
          ...parts,
          client: clientOf(http),
          stream,
          ...(maxPendingBytes === undefined ? {} : { maxPendingBytes }),
        }),
      delivered: async () => (await readStream(client, stream)).map(({ data }) => decodeFrame(data)),
      fail: (fault) => {
        const start = http.operations.length;
        http.plan = (_, number) =>
          fault === null || number - start !== fault.nth ? null : fault.lostAnswer ? "lost" : unavailable;
      },
      dispose: async () => {
        await client.send(new DeleteStreamCommand({ StreamName: stream }));
        client.destroy();
      },
    };
  });

  describe("EventSink on Kinesis", () => {
    const client = clientOf();
    let http: FaultyHttp;
    let stream: string;
    const open = (more: Partial<KinesisSinkParts> = {}) =>
      openKinesisSink({ ...parts, client: clientOf(http), stream, ...more });
    beforeEach(async () => {
      http = new FaultyHttp();
      stream = await createStream(client);
    });
    afterEach(() => client.send(new DeleteStreamCommand({ StreamName: stream })));
    afterAll(() => {
      client.destroy();
    });

    it("goes by the fragment: one fragment's records are in one shard, many fragments' in all", async () => {
      const sink = open();
      const records = range(0, 200).map((n) => ({ ...numbered(n), fragment: numbered(n % 20).fragment }));
      await sink.append(records);
      const read = await readStream(client, stream);
      expect(new Set(read.map(({ shard }) => shard)).size).toBe(2);
      for (const { fragment } of records.slice(0, 20)) {
        const own = read.filter(({ key }) => key === fragment);
        expect(own).toHaveLength(10);
        expect(new Set(own.map(({ shard }) => shard)).size).toBe(1);
      }
      await sink.close();
    });

    it("takes what needs many requests, in few of them", async () => {
      const sink = open();
      await Promise.all(range(0, 10).map((call) => sink.append(range(0, 130).map((n) => numbered(call * 130 + n)))));
      expect((await numbersIn(client, stream)).sort((a, b) => a - b)).toEqual(range(0, 1_300));
      expect(http.operations.length).toBeLessThanOrEqual(12);
      await sink.close();
    });

    it("puts again only what was refused of a request, and that counts once", async () => {
      // Every other record of the first answers is refused, as a throttled shard's are.
      http.refuseRecords = (round) => (round <= 2 ? (at) => at % 2 === 1 : null);
      const sink = open();
      await sink.append(range(0, 40).map((n) => numbered(n)));
      expect(http.recordCounts).toEqual([40, 20, 10]);
      expect((await numbersIn(client, stream)).sort((a, b) => a - b)).toEqual(range(0, 40));
      await sink.close();
    });

    it("fails the call whose record is never taken, and no other", async () => {
      const poor = numbered(7);
      http.refuseRecords = () => (_, key) => key === poor.fragment;
      const sink = open({ sleep: async () => {} });
      const [problem, ...others] = await Promise.all(
        [[poor, numbered(1)], [numbered(2)], [numbered(3)]].map((records) => problemOf(sink.append(records))),
      );
      expect(problem).toMatchObject({ status: 503, code: "stream_unavailable", retryAfterSeconds: 5 });
      expect(problem?.message).toContain("ProvisionedThroughputExceededException");
      expect(others).toEqual([undefined, undefined]);
      expect((await numbersIn(client, stream)).sort((a, b) => a - b)).toEqual([1, 2, 3]);
      http.refuseRecords = () => null;
      await sink.append([poor]);
      await sink.close();
    });

    const faults: [string, Fault][] = [
      ["throttling", throttled],
      ["an error of the service", broken],
      ["no service", unavailable],
      ["a lost answer", "lost"],
    ];
    test.each(faults)("%s, three times: all is there in the end", async (_, fault) => {
      http.plan = first(3, fault);
      const sink = open();
      await sink.append(range(0, 30).map((n) => numbered(n)));
      expect([...new Set(await numbersIn(client, stream))].sort((a, b) => a - b)).toEqual(range(0, 30));
      await sink.close();
    });

    it("says 503 when the stream is gone for long, within bounds, and goes on when it is back", async () => {
      http.plan = () => unavailable;
      const sink = open({ sleep: async () => {}, maxPendingBytes: 1_000 });
      const problem = await problemOf(sink.append([numbered(1)]));
      expect(problem).toMatchObject({ status: 503, code: "stream_unavailable" });
      expect(http.operations.length).toBeLessThanOrEqual(48);
      http.plan = () => null;
      for (const n of range(2, 40)) await sink.append([numbered(n, 500)]);
      expect((await numbersIn(client, stream)).sort((a, b) => a - b)).toEqual(range(2, 40));
      await sink.close();
    });

    it("a record that the stream cannot have is told, and nothing of its call is taken", async () => {
      const sink = open({ maxRecordBytes: 10_000 });
      const noise = { ...numbered(1), payload: randomBytes(20_000) };
      expect(await problemOf(sink.append([numbered(2), noise]))).toMatchObject({
        status: 413,
        code: "record_too_large",
      });
      expect(await numbersIn(client, stream)).toEqual([]);
      await sink.close();
    });

    it("shards split and merge in mid-flow: nothing is lost, all of it passes through old and new shards", async () => {
      const sink = open();
      const flow = { isOver: false, appended: 0 };
      const writers = range(0, 4).map(async (writer) => {
        for (let n = writer; !flow.isOver; n += 4) {
          await sink.append([{ ...numbered(n), fragment: numbered(n % 16).fragment }]);
          flow.appended += 1;
        }
      });
      await reshard(client, stream);
      flow.isOver = true;
      await Promise.all(writers);
      const read = await readStream(client, stream);
      const records = read.map(({ data }) => decodeFrame(data));
      expect(records).toHaveLength(flow.appended);
      expect(new Set(records.map((record) => plain(record).message)).size).toBe(flow.appended);
      const shards = await shardsOf(client, stream);
      expect(shards.filter(isClosed).length).toBeGreaterThanOrEqual(3);
      // Each shard, closed or not, had its part of the flow.
      expect(new Set(read.map(({ shard }) => shard)).size).toBe(shards.length);
      await sink.close();
    });
  });
});

/** Splits the first shard in two, then merges the halves; some of the flow goes to each. */
async function reshard(client: KinesisClient, stream: string): Promise<void> {
  await sleep(300);
  const [whole] = await shardsOf(client, stream);
  const { StartingHashKey = "0", EndingHashKey = "0" } = whole?.HashKeyRange ?? {};
  const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n;
  const split = { StreamName: stream, ShardToSplit: whole?.ShardId, NewStartingHashKey: String(middle) };
  await client.send(new SplitShardCommand(split));
  await untilActive(client, stream);
  await sleep(300);
  const [half, otherHalf] = (await shardsOf(client, stream)).filter((shard) => shard.ParentShardId === whole?.ShardId);
  const merge = { StreamName: stream, ShardToMerge: half?.ShardId, AdjacentShardToMerge: otherHalf?.ShardId };
  await client.send(new MergeShardsCommand(merge));
  await untilActive(client, stream);
  await sleep(300);
}

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateTopicCommand, SubscribeCommand, type SNSClient } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeEach, describe, expect, it, test } from "vitest";
import { withStandIn } from "../../../../test/aws/withStandIn.ts";
import type { BufferRecord, EventSink } from "../../../buffer/eventBuffer.ts";
import { numbered, plain, problemOf, range } from "../../../buffer/numberedRecords.ts";
import { eventSinkContract } from "../../../buffer/sinkContract.ts";
import { broken, type Fault, FaultyHttp, first, unavailable } from "../faultyHttp.fake.ts";
import { snsClient, sqsClient } from "../serviceClients.ts";
import { decodePack } from "./messagePack.ts";
import { createQueue, drain, drainRecords } from "./queueReader.fake.ts";
import { openQueueSink } from "./queueSink.ts";
import { refuseEntries, type Refusing } from "./refusingEntries.fake.ts";
import { openTopicSink } from "./topicSink.ts";

const credentials = { accessKeyId: "standin", secretAccessKey: "standin" };
const throttled: Fault = { status: 400, type: "Throttling" };
const waits = { random: Math.random, sleep: (ms: number) => sleep(ms) };
type Refuse = Parameters<typeof refuseEntries>[1];

interface Way {
  open(
    http: FaultyHttp,
    more: { sleep?: (ms: number) => Promise<void>; maxPendingBytes?: number },
    refuse?: Refuse,
  ): EventSink & {
    refusing: Refusing | undefined;
  };
  queueUrl: string;
}

withStandIn("ministack", (endpoint) => {
  const access = (requestHandler?: FaultyHttp) => ({
    endpoint,
    region: "us-east-1",
    credentials,
    ...(requestHandler ? { requestHandler } : {}),
  });
  const sqs: SQSClient = sqsClient(access());
  const sns: SNSClient = snsClient(access());
  afterAll(() => {
    sqs.destroy();
    sns.destroy();
  });

  async function queueWay(): Promise<Way> {
    const queueUrl = await createQueue(sqs, `events-${randomBytes(6).toString("hex")}`);
    return {
      queueUrl,
      open: (http, more, refuse) => {
        const client = sqsClient(access(http));
        const refusing = refuse === undefined ? undefined : refuseEntries(client, refuse);
        return Object.assign(openQueueSink({ ...waits, ...more, client, queueUrl }), { refusing });
      },
    };
  }

  async function topicWay(): Promise<Way> {
    const name = `events-${randomBytes(6).toString("hex")}`;
    const queueUrl = await createQueue(sqs, name);
    const { TopicArn: topicArn = "" } = await sns.send(new CreateTopicCommand({ Name: name }));
    const asked = { QueueUrl: queueUrl, AttributeNames: ["QueueArn"] } as const;
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ ...asked, AttributeNames: ["QueueArn"] }));
    const Endpoint = Attributes?.["QueueArn"];
    const Subscribed = { TopicArn: topicArn, Protocol: "sqs", Endpoint, Attributes: { RawMessageDelivery: "true" } };
    await sns.send(new SubscribeCommand(Subscribed));
    return {
      queueUrl,
      open: (http, more, refuse) => {
        const client = snsClient(access(http));
        const refusing = refuse === undefined ? undefined : refuseEntries(client, refuse);
        return Object.assign(openTopicSink({ ...waits, ...more, client, topicArn }), { refusing });
      },
    };
  }

  describe.each([
    { name: "SQS", create: queueWay, word: "queue", maxChars: 1_048_576 },
    { name: "SNS to SQS", create: topicWay, word: "topic", maxChars: 262_144 },
  ])("$name", ({ name, create, word, maxChars }) => {
    eventSinkContract(name, async () => {
      const way = await create();
      const http = new FaultyHttp();
      const delivered: BufferRecord[] = [];
      return {
        open: async (maxPendingBytes) => way.open(http, maxPendingBytes === undefined ? {} : { maxPendingBytes }),
        delivered: async () => {
          delivered.push(...(await drainRecords(sqs, way.queueUrl)));
          return delivered;
        },
        fail: (fault) => {
          const start = http.operations.length;
          http.plan = (_, number) =>
            fault === null || number - start !== fault.nth ? null : fault.lostAnswer ? "lost" : unavailable;
        },
        dispose: async () => {},
      };
    });

    describe(`EventSink on ${name}`, () => {
      let http: FaultyHttp;
      let way: Way;
      const numbersLeft = async (): Promise<number[]> =>
        (await drainRecords(sqs, way.queueUrl))
          .map(({ payload }) => Buffer.from(payload).readUInt32BE(0))
          .sort((a, b) => a - b);
      beforeEach(async () => {
        http = new FaultyHttp();
        way = await create();
      });

      it("sends many records in few messages of few requests", async () => {
        const sink = way.open(http, {});
        await Promise.all(
          range(0, 40).map((call) => sink.append(range(0, 50).map((n) => numbered(call * 50 + n, 400)))),
        );
        const bodies = await drain(sqs, way.queueUrl);
        expect(bodies.flatMap(decodePack)).toHaveLength(2_000);
        expect(bodies.length).toBeLessThan(20);
        expect(http.operations.length).toBeLessThan(15);
        await sink.close();
      });

      it("keeps to the service's sizes with what does not compress", async () => {
        const sink = way.open(http, {});
        const noise = range(0, 60).map((n) => ({ ...numbered(n), payload: randomBytes(100 + n * 2_500) }));
        await sink.append(noise);
        const bodies = await drain(sqs, way.queueUrl);
        expect(Math.max(...bodies.map((body) => body.length))).toBeLessThanOrEqual(maxChars);
        const byMessage = (one: { message: string }, other: { message: string }) =>
          one.message < other.message ? -1 : 1;
        expect(bodies.flatMap(decodePack).map(plain).sort(byMessage)).toEqual(noise.map(plain).sort(byMessage));
        await sink.close();
      });

      it("refuses whole what no message can hold, and takes what one can once it is compressed", async () => {
        const sink = way.open(http, {});
        const noise = { ...numbered(1), payload: randomBytes(Math.floor(maxChars * 0.76)) };
        expect(await problemOf(sink.append([numbered(2), noise]))).toMatchObject({
          status: 413,
          code: "record_too_large",
        });
        expect(await drain(sqs, way.queueUrl)).toEqual([]);
        await sink.append([numbered(3, 1_048_576)]);
        expect(await numbersLeft()).toEqual([3]);
        await sink.close();
      });

      it("sends again only the messages that were refused", async () => {
        const trouble = { Code: "InternalError", SenderFault: false };
        const refuse: Refuse = (nth, at) => (nth <= 2 && at % 2 === 1 ? trouble : null);
        const sink = way.open(http, { sleep: async () => {} }, refuse);
        // Seven messages of some 48,000 characters.
        const partly = (n: number): Uint8Array => Buffer.concat([noiseOf(n, 4_000), new Uint8Array(16_000)]);
        await sink.append(range(0, 60).map((n) => ({ ...numbered(n), payload: partly(n) })));
        expect(sink.refusing?.counts).toEqual(word === "queue" ? [7, 3, 1] : [5, 2, 1, 2]);
        expect(await numbersLeft()).toEqual(range(0, 60));
        await sink.close();
      });

      it("fails the calls whose message the service will never take, at once, and no other", async () => {
        const fault = { Code: "InvalidMessageContents", SenderFault: true };
        const sink = way.open(http, { sleep: async () => {} }, (nth) => (nth === 1 ? fault : null));
        const problem = await problemOf(sink.append([numbered(1)]));
        expect(problem).toMatchObject({ status: 503, code: `${word}_unavailable` });
        expect(problem?.message).toContain("InvalidMessageContents");
        expect(sink.refusing?.counts).toEqual([1]);
        await sink.append([numbered(2)]);
        expect(await numbersLeft()).toEqual([2]);
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
        const sink = way.open(http, {});
        await sink.append(range(0, 30).map((n) => numbered(n)));
        expect([...new Set(await numbersLeft())]).toEqual(range(0, 30));
        await sink.close();
      });

      it("says 503 when the service is gone for long, within bounds, and goes on when it is back", async () => {
        http.plan = () => unavailable;
        const sink = way.open(http, { sleep: async () => {}, maxPendingBytes: 1_000 });
        expect(await problemOf(sink.append([numbered(1)]))).toMatchObject({
          status: 503,
          code: `${word}_unavailable`,
          retryAfterSeconds: 5,
        });
        expect(http.operations.length).toBeLessThanOrEqual(48);
        http.plan = () => null;
        for (const n of range(2, 40)) await sink.append([numbered(n, 500)]);
        expect(await numbersLeft()).toEqual(range(2, 40));
        await sink.close();
      });
    });
  });
});

/** Bytes that do not compress, and tell their number. */
function noiseOf(number: number, bytes: number): Uint8Array {
  const payload = randomBytes(bytes);
  payload.writeUInt32BE(number, 0);
  return payload;
}

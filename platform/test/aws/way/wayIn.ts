import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { CreateTopicCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { KinesisStreamBatchResponse, SQSBatchResponse } from "aws-lambda";
import { openQueueSink } from "../../../src/adapters/aws/messages/queueSink.ts";
import { openTopicSink } from "../../../src/adapters/aws/messages/topicSink.ts";
import { createRawLake } from "../../../src/adapters/aws/rawLog/standIn.fake.ts";
import { sourceSinks } from "../../../src/adapters/aws/routedSink.ts";
import { kinesisClient, snsClient, sqsClient } from "../../../src/adapters/aws/serviceClients.ts";
import { type LambdaFunction, startLambda } from "../lambda/runtimeApi.ts";
import { pollQueue } from "../poller/queuePoller.ts";
import type { Discarded, StreamMapping } from "../poller/streamBatch.ts";
import { streamPoller } from "../poller/streamPoller.ts";
import { faultyProxy } from "./faultyProxy.ts";

const credentials = { accessKeyId: "standin", secretAccessKey: "standin" };
const waits = { sleep: (ms: number) => sleep(ms), random: Math.random };
const visibilitySeconds = 2;
const maxReceives = 50;
const mapping: StreamMapping = {
  batchSize: 100,
  bisectBatchOnFunctionError: true,
  maximumRetryAttempts: 100,
  maximumRecordAgeInSeconds: -1,
  parallelizationFactor: 2,
  reportsBatchItemFailures: true,
};

export interface WayParts {
  ministack: string;
  kinesalite: string;
  /** The folder of the runtime interface client. */
  runtime: string;
  forwarderFolder: string;
  ingestFolder: string;
  claimSeconds: number;
}

/** Queues, topic, stream and lake, each of its own. */
async function createPlaces(parts: WayParts) {
  const services = { endpoint: parts.ministack, region: "us-east-1", credentials };
  const sqs = sqsClient(services);
  const sns = snsClient(services);
  const kinesis = kinesisClient({ ...services, endpoint: parts.kinesalite });
  const lake = await createRawLake(parts.ministack);
  const name = `way-${randomBytes(6).toString("hex")}`;
  const dead = await createQueue(sqs, `${name}-dead`);
  const direct = await createQueue(sqs, `${name}-direct`, dead.arn);
  const fanned = await createQueue(sqs, `${name}-fanned`, dead.arn);
  const { TopicArn: topicArn = "" } = await sns.send(new CreateTopicCommand({ Name: name }));
  const raw = { Attributes: { RawMessageDelivery: "true" } };
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: "sqs", Endpoint: fanned.arn, ...raw }));
  await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: 2 }));
  await untilActive(kinesis, name);
  return { services, sqs, sns, kinesis, lake, stream: name, dead, direct, fanned, topicArn };
}

type Places = Awaited<ReturnType<typeof createPlaces>>;

/** Each function in a process of its own, behind proxies that may fail. */
async function startFunctions(parts: WayParts, { lake, stream: name }: Places) {
  const others = await faultyProxy(parts.ministack);
  const stream = await faultyProxy(parts.kinesalite);
  const env = {
    AWS_ENDPOINT_URL: others.url,
    AWS_ENDPOINT_URL_KINESIS: stream.url,
    C360_AWS_STREAM: name,
    C360_AWS_RAW_BUCKET: lake.bucket,
    C360_AWS_RAW_HEAD_TABLE: lake.headTable,
    C360_AWS_RAW_CLAIM_SECONDS: String(parts.claimSeconds),
    C360_AWS_DEAD_LETTER_BUCKET: lake.bucket,
    C360_AWS_S3_PATH_STYLE: "true",
  };
  const forwarder = await startLambda(parts.runtime, parts.forwarderFolder, env);
  const ingests = [
    await startLambda(parts.runtime, parts.ingestFolder, env),
    await startLambda(parts.runtime, parts.ingestFolder, env),
  ];
  return { proxies: { others, stream }, functions: { forwarder, ingests } };
}

/** The whole way in on stand-ins: SQS and SNS, the forwarder, Kinesis, the ingest function, the raw lake. */
export async function openWayIn(parts: WayParts) {
  const places = await createPlaces(parts);
  const { services, sqs, sns, kinesis, lake, stream, dead, direct, fanned, topicArn } = places;
  const { proxies, functions } = await startFunctions(parts, places);
  const { forwarder, ingests } = functions;
  const discarded: Discarded[] = [];
  let turn = 0;
  const poller = streamPoller(kinesis, stream, {
    mapping,
    invoke: async (Records) => {
      turn += 1;
      const ingest = ingests[turn % ingests.length] as LambdaFunction;
      return (await ingest.invoke({ Records })) as KinesisStreamBatchResponse;
    },
    onFailure: (each) => discarded.push(each),
    now: Date.now,
    backOff: (attempt) => sleep(Math.min(20 * 2 ** attempt, 500)),
  });
  const forward = async (queueUrl: string): Promise<number> =>
    pollQueue(sqs, queueUrl, {
      batchSize: 20,
      reportsBatchItemFailures: true,
      invoke: async (event) => (await forwarder.invoke(event)) as SQSBatchResponse,
    });
  return {
    services,
    topicArn,
    lake,
    sqs,
    kinesis,
    stream,
    queueUrl: direct.url,
    deadQueueUrl: dead.url,
    proxies,
    functions,
    discarded,
    sinks: sourceSinks({
      queue: openQueueSink({ ...waits, client: sqsClient(services), queueUrl: direct.url }),
      topic: openTopicSink({ ...waits, client: snsClient(services), topicArn }),
    }),
    /** One round: what the queues have now into the stream, what that has into the lake. */
    async work() {
      await Promise.all([forward(direct.url), forward(fanned.url)]);
      await poller.drain();
    },
    /** Messages that are not yet done. */
    left: async () => (await waitingIn(sqs, direct.url)) + (await waitingIn(sqs, fanned.url)),
    waitingIn: (url: string) => waitingIn(sqs, url),
    async close() {
      for (const each of [forwarder, ...ingests]) await each.close();
      for (const proxy of Object.values(proxies)) await proxy.close();
      lake.dispose();
      for (const client of [sqs, sns, kinesis]) client.destroy();
    },
  };
}

/** Splits the first open shard in two. */
export async function split(kinesis: KinesisClient, StreamName: string): Promise<void> {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
  const open = Shards.find(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined);
  const { StartingHashKey = "0", EndingHashKey = "0" } = open?.HashKeyRange ?? {};
  const NewStartingHashKey = String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n);
  await kinesis.send(new SplitShardCommand({ StreamName, ShardToSplit: open?.ShardId, NewStartingHashKey }));
  await untilActive(kinesis, StreamName);
}

async function createQueue(sqs: SQSClient, QueueName: string, dead?: string): Promise<{ url: string; arn: string }> {
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead, maxReceiveCount: maxReceives });
  const Attributes = { VisibilityTimeout: String(visibilitySeconds), ...(dead === undefined ? {} : { RedrivePolicy }) };
  const { QueueUrl: url = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] });
  const { Attributes: told } = await sqs.send(asked);
  return { url, arn: told?.["QueueArn"] ?? "" };
}

async function waitingIn(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] });
  const { Attributes } = await sqs.send(asked);
  return AttributeNames.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
}

async function untilActive(kinesis: KinesisClient, StreamName: string): Promise<void> {
  for (;;) {
    const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
    if (StreamDescriptionSummary?.StreamStatus === "ACTIVE") return;
    await sleep(20);
  }
}

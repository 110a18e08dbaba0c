import { Duration } from "aws-cdk-lib";
import { Stream, StreamEncryption, StreamMode } from "aws-cdk-lib/aws-kinesis";
import { StartingPosition } from "aws-cdk-lib/aws-lambda";
import { KinesisEventSource, SqsDlq, SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Topic } from "aws-cdk-lib/aws-sns";
import { SqsSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { deadLetterQueue } from "./deadLetterQueue.ts";
import { grantRawLog, rawLogVariables, type StoreParts } from "./grants.ts";
import { type Handler, handlerFunction, type HandlerParts } from "./handlerFunction.ts";
import { environmentOf } from "./handlers.ts";
import { explain } from "./explained.ts";
import { StageStack } from "./stageStack.ts";

const forwarderTimeout = Duration.seconds(30);
/** As AWS asks: a message is not seen again while its function may still run and be tried again. */
const visibility = Duration.seconds(180);
const mostReceives = 10;
/** What is moved to the dead letters at its end has ten days left there: a message keeps its age. */
const retention = Duration.days(4);
/** What fails is a service, not a record: poison is a dead letter at once. */
const mostRetries = 10_000;
/** Hours that are left to read from the stream what the on-failure queue names. */
const hoursToRescue = 2;
const smallGb = 0.5;

/** SNS and SQS, the forwarder, Kinesis and ingestion. */
export class StreamStack extends StageStack {
  readonly topic: Topic;
  readonly queue: Queue;
  readonly fanOutQueue: Queue;
  readonly deadLetters: Record<"queue" | "fanOut" | "topic" | "ingest", Queue>;
  readonly stream: Stream;
  readonly forwarder: Handler;
  readonly ingest: Handler;
  private readonly parts: HandlerParts & StoreParts;

  constructor(scope: Construct, configuration: Configuration, parts: HandlerParts & StoreParts) {
    super(scope, "Stream", configuration);
    this.parts = parts;
    this.deadLetters = {
      queue: deadLetterQueue(this, "QueueDeadLetters", parts.keys.stream),
      fanOut: deadLetterQueue(this, "FanOutDeadLetters", parts.keys.stream),
      // What SNS cannot deliver for the queue's policy or its key must not meet the same key there.
      topic: deadLetterQueue(this, "TopicDeadLetters", null),
      ingest: deadLetterQueue(this, "IngestDeadLetters", parts.keys.stream),
    };
    this.queue = this.messageQueue("Queue", this.deadLetters.queue);
    this.fanOutQueue = this.messageQueue("FanOutQueue", this.deadLetters.fanOut);
    this.topic = new Topic(this, "Topic", { masterKey: parts.keys.stream, enforceSSL: true });
    this.topic.addSubscription(
      new SqsSubscription(this.fanOutQueue, { rawMessageDelivery: true, deadLetterQueue: this.deadLetters.topic }),
    );
    this.stream = this.eventStream();
    this.forwarder = this.forward();
    this.ingest = this.ingestion();
  }

  private messageQueue(id: string, queue: Queue): Queue {
    return new Queue(this, id, {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: this.parts.keys.stream,
      enforceSSL: true,
      visibilityTimeout: visibility,
      retentionPeriod: retention,
      deadLetterQueue: { queue, maxReceiveCount: mostReceives },
    });
  }

  private eventStream(): Stream {
    const { stream: mode, settings } = this.configuration;
    const isProvisioned = mode === "provisioned";
    const stream = new Stream(this, "Events", {
      streamMode: isProvisioned ? StreamMode.PROVISIONED : StreamMode.ON_DEMAND,
      ...(isProvisioned ? { shardCount: 1 } : {}),
      retentionPeriod: Duration.hours(settings.streamRetentionHours),
      encryption: StreamEncryption.KMS,
      encryptionKey: this.parts.keys.stream,
      removalPolicy: this.removal,
    });
    explain(stream, { KDS3: "It is encrypted with the stream's own customer key, which is what the rule is after." });
    return stream;
  }

  private forward(): Handler {
    const { storage } = this.parts;
    const handler = handlerFunction(this, this.parts, {
      name: "forwarder",
      gb: smallGb,
      timeout: forwarderTimeout,
      environment: environmentOf({
        stream: this.stream.streamName,
        deadLetterBucket: storage.deadLetter.bucketName,
      }),
    });
    this.stream.grantWrite(handler.run);
    storage.deadLetter.grantPut(handler.run);
    for (const queue of [this.queue, this.fanOutQueue]) {
      const source = new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 50 });
      handler.live.addEventSource(source);
    }
    return handler;
  }

  private ingestion(): Handler {
    const { settings, functions } = this.configuration;
    const { storage } = this.parts;
    const handler = handlerFunction(this, this.parts, {
      name: "ingest",
      gb: settings.lambdaGb,
      timeout: Duration.seconds(60),
      environment: {
        ...rawLogVariables(storage),
        ...environmentOf({ deadLetterBucket: storage.deadLetter.bucketName }),
      },
      isKeptReady: functions === "provisioned",
    });
    grantRawLog(handler.run, storage);
    storage.deadLetter.grantPut(handler.run);
    handler.live.addEventSource(
      new KinesisEventSource(this.stream, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: settings.ingestBatchSize,
        maxBatchingWindow: Duration.seconds(Math.ceil(settings.ingestWindowS)),
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        retryAttempts: mostRetries,
        maxRecordAge: Duration.hours(settings.streamRetentionHours - hoursToRescue),
        onFailure: new SqsDlq(this.deadLetters.ingest),
      }),
    );
    return handler;
  }
}

import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { deadLetterQueue } from "./deadLetterQueue.ts";
import { grantHashKey, grantRawLog, rawLogVariables, type StoreParts } from "./grants.ts";
import { type Handler, handlerFunction, type HandlerParts } from "./handlerFunction.ts";
import { environmentOf } from "./handlers.ts";
import { StageStack } from "./stageStack.ts";

/** Where segments lie in the raw lake: what C360_AWS_RAW_PREFIX is where it is not set. */
const segments = "raw/";
const runEvery = Duration.minutes(1);
const mostEventAge = Duration.hours(6);
const retries = 2;

export interface ProcessingParts extends HandlerParts, StoreParts {}

/** The decider, which the diagram calls data processor: called for each segment of the raw lake, and by the clock. */
export class ProcessingStack extends StageStack {
  readonly deadLetters: Queue;
  readonly decider: Handler;
  private readonly parts: ProcessingParts;

  constructor(scope: Construct, configuration: Configuration, parts: ProcessingParts) {
    super(scope, "Processing", configuration);
    this.parts = parts;
    this.deadLetters = deadLetterQueue(this, "DeadLetters", parts.keys.stream);
    this.decider = this.decide();
    new Rule(this, "Segments", {
      eventPattern: {
        source: ["aws.s3"],
        detailType: ["Object Created"],
        detail: { bucket: { name: [parts.storage.raw.bucketName] }, object: { key: [{ prefix: segments }] } },
      },
      targets: [this.target()],
    });
    new Rule(this, "Clock", { schedule: Schedule.rate(runEvery), targets: [this.target()] });
  }

  private decide(): Handler {
    const { storage } = this.parts;
    const { settings, homeCurrency } = this.configuration;
    const handler = handlerFunction(this, this.parts, {
      name: "decide",
      gb: settings.lambdaGb,
      timeout: Duration.minutes(15),
      // One decides; another may come to be told so.
      mostAtOnce: 2,
      environment: {
        ...rawLogVariables(storage),
        ...environmentOf({
          stateTable: storage.tables.state.tableName,
          hashKeySecret: storage.hashKey.secretArn,
          homeCurrency,
        }),
      },
      onFailure: this.deadLetters,
    });
    grantRawLog(handler.run, storage);
    storage.tables.state.grantReadWriteData(handler.run);
    grantHashKey(handler.run, storage);
    // The clock calls it again at once anyway.
    handler.live.configureAsyncInvoke({ retryAttempts: 0 });
    return handler;
  }

  private target(): LambdaFunction {
    const options = { deadLetterQueue: this.deadLetters, maxEventAge: mostEventAge, retryAttempts: retries };
    return new LambdaFunction(this.decider.live, options);
  }
}

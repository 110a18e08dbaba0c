import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openDeadLetters } from "../../adapters/aws/deadLetters.ts";
import { createForwarder } from "../../adapters/aws/handlers/forwarder.ts";
import { lambdaTelemetry } from "../../adapters/aws/handlers/telemetry.ts";
import { openKinesisSink } from "../../adapters/aws/kinesis/eventSink.ts";
import { kinesisClient, s3Client } from "../../adapters/aws/serviceClients.ts";
import { forwarderEnvironment } from "./environment.ts";

const { stream, maxRecordBytes, deadLetters, telemetry } = forwarderEnvironment(process.env);
const { isPathStyle, ...place } = deadLetters;
const randomSteps = 2 ** 32;

/** Lambda on SQS, with partial batch responses (`ReportBatchItemFailures`). */
export const handler = createForwarder({
  sink: openKinesisSink({
    client: kinesisClient({}),
    stream,
    maxRecordBytes,
    sleep: (ms) => sleep(ms),
    random: () => randomInt(randomSteps) / randomSteps,
  }),
  deadLetters: openDeadLetters({ client: s3Client({}, isPathStyle), ...place }),
  telemetry: lambdaTelemetry({ service: "forwarder", ...telemetry }),
  now: Date.now,
});

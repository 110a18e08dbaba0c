import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openDeadLetters } from "../../adapters/aws/deadLetters.ts";
import { createIngest } from "../../adapters/aws/handlers/ingest.ts";
import { lambdaTelemetry } from "../../adapters/aws/handlers/telemetry.ts";
import { openRawLog } from "../../adapters/aws/rawLog/writer.ts";
import { dynamoDbClient, s3Client } from "../../adapters/aws/serviceClients.ts";
import { Problem } from "../../model/problem.ts";
import { ingestEnvironment } from "./environment.ts";

const { raw, headTable, claimMs, deadLetters, telemetry: settings } = ingestEnvironment(process.env);
const telemetry = lambdaTelemetry({ service: "ingest", ...settings });

/** Lambda on Kinesis, with partial batch responses (`ReportBatchItemFailures`), retries and age bounded. */
export const handler = createIngest({
  log: openRawLog({
    s3: s3Client({}, raw.isPathStyle),
    bucket: raw.bucket,
    prefix: raw.prefix,
    dynamoDb: dynamoDbClient({}),
    headTable,
    claimMs,
    now: Date.now,
    sleep: (ms) => sleep(ms),
    randomBytes,
    onTrouble: (error) => {
      telemetry.warn("a claim stays open for its time", { code: error instanceof Problem ? error.code : "unexpected" });
    },
  }),
  deadLetters: openDeadLetters({
    client: s3Client({}, deadLetters.isPathStyle),
    bucket: deadLetters.bucket,
    prefix: deadLetters.prefix,
  }),
  telemetry,
  now: Date.now,
});

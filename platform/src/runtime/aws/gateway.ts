import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { openDynamoAccessStore } from "../../adapters/aws/accessStore.ts";
import { readHashKey } from "../../adapters/aws/hashKey.ts";
import { openQueueSink } from "../../adapters/aws/messages/queueSink.ts";
import { openTopicSink } from "../../adapters/aws/messages/topicSink.ts";
import { sourceSinks } from "../../adapters/aws/routedSink.ts";
import { dynamoDbClient, secretsClient, snsClient, sqsClient } from "../../adapters/aws/serviceClients.ts";
import { keyedHash } from "../../model/keyedHash.ts";
import { Problem } from "../../model/problem.ts";
import { gatewayEnvironment } from "./environment.ts";
import { startGatewayServer } from "./gatewayServer.ts";

const randomSteps = 2 ** 32;
const waits = { sleep: (ms: number) => sleep(ms), random: () => randomInt(randomSteps) / randomSteps };

/** The container's program: listens until it is told to stop (SIGTERM, SIGINT). */
async function main(): Promise<void> {
  const settings = gatewayEnvironment(process.env);
  const { queueUrl, topicArn, accessTable, port, drainMs } = settings;
  const log = pino({ level: settings.logLevel.toLowerCase(), base: { service: "gateway" } });
  const secrets = secretsClient({});
  const hash = keyedHash(await readHashKey(secrets, settings.hashKeySecret));
  secrets.destroy();
  const server = await startGatewayServer({
    sinks: sourceSinks({
      queue: openQueueSink({ ...waits, client: sqsClient({}), queueUrl }),
      topic: openTopicSink({ ...waits, client: snsClient({}), topicArn }),
    }),
    access: openDynamoAccessStore({
      ...waits,
      client: dynamoDbClient({}),
      table: accessTable,
      now: Date.now,
      randomBytes,
    }),
    hash,
    port,
    host: "0.0.0.0",
    drainMs,
    now: Date.now,
    // The message of an error that was not foreseen could quote an event.
    onFault: (error, requestId) =>
      log.error({ error: error instanceof Error ? error.name : "unknown", requestId }, "fault"),
  });
  log.info({ url: server.url }, "listening");
  const stop = (): void => {
    log.info({ drainMs }, "stopping");
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error: error instanceof Error ? error.name : "unknown" }, "did not close");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
}

main().catch((error: unknown) => {
  const told = error instanceof Problem ? `${error.message} ${error.hint ?? ""}` : "it did not start";
  process.stderr.write(`gateway: ${told.trim()}\n`);
  process.exitCode = 1;
});

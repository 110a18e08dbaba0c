import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { openDynamoAccessStore } from "../../../src/adapters/aws/accessStore.ts";
import { openQueueSink } from "../../../src/adapters/aws/messages/queueSink.ts";
import { openTopicSink } from "../../../src/adapters/aws/messages/topicSink.ts";
import { sourceSinks } from "../../../src/adapters/aws/routedSink.ts";
import { dynamoDbClient, secretsClient, snsClient, sqsClient } from "../../../src/adapters/aws/serviceClients.ts";
import { createStateTable } from "../../../src/adapters/aws/state/stateTable.fake.ts";
import { newTable } from "../../../src/adapters/aws/table.fake.ts";
import { keyedHash } from "../../../src/model/keyedHash.ts";
import { type GatewayServer, startGatewayServer } from "../../../src/runtime/aws/gatewayServer.ts";
import { startLambda } from "../lambda/runtimeApi.ts";
import { faultyProxy } from "./faultyProxy.ts";
import { openWayIn } from "./wayIn.ts";

const waits = { sleep: (ms: number) => sleep(ms), random: Math.random };
export const leaseSeconds = 5;
export const homeCurrency = "GBP";

export interface WholeWayParts {
  ministack: string;
  kinesalite: string;
  /** The folder of the runtime interface client. */
  runtime: string;
  /** Of `bundleHandlers`. */
  handlers: string;
  claimSeconds: number;
  /** As the secret holds it. */
  hashKey: string;
}

/** From HTTP to the profile on stand-ins: the gateway's bundle in a process, the functions' bundles in the runtime client. */
export async function openWholeWay(parts: WholeWayParts) {
  const { ministack, handlers, runtime, hashKey } = parts;
  const folder = (name: string) => join(handlers, name);
  const wayIn = await openWayIn({ ...parts, forwarderFolder: folder("forwarder"), ingestFolder: folder("ingest") });
  const { services, lake, queueUrl, topicArn } = wayIn;
  const client = dynamoDbClient(services);
  const stateTable = await createStateTable(client);
  const accessTable = await newTable(client, "access");
  const secret = await createSecret(services, hashKey);
  const proxies = { state: await faultyProxy(ministack), edge: await faultyProxy(ministack) };
  const decider = await startLambda(runtime, folder("decide"), {
    AWS_ENDPOINT_URL: proxies.state.url,
    C360_AWS_RAW_BUCKET: lake.bucket,
    C360_AWS_RAW_HEAD_TABLE: lake.headTable,
    C360_AWS_RAW_CLAIM_SECONDS: String(parts.claimSeconds),
    C360_AWS_STATE_TABLE: stateTable,
    C360_AWS_LEASE_SECONDS: String(leaseSeconds),
    C360_AWS_HASH_KEY_SECRET: secret,
    C360_AWS_HOME_CURRENCY: homeCurrency,
    C360_AWS_S3_PATH_STYLE: "true",
  });
  const access = openDynamoAccessStore({
    ...waits,
    client: dynamoDbClient(services),
    table: accessTable,
    now: Date.now,
    randomBytes,
  });
  const program = await startProgram(folder("gateway"), {
    AWS_ENDPOINT_URL: proxies.edge.url,
    C360_AWS_QUEUE_URL: queueUrl.replace(ministack, proxies.edge.url),
    C360_AWS_TOPIC_ARN: topicArn,
    C360_AWS_ACCESS_TABLE: accessTable,
    C360_AWS_HASH_KEY_SECRET: secret,
  });
  const importing = await startImporting({
    services,
    edge: proxies.edge.url,
    queueUrl,
    topicArn,
    accessTable,
    hashKey,
  });
  return {
    wayIn,
    access,
    url: program.url,
    submit: importing.submit,
    decider,
    stateTable,
    client,
    hash: keyedHash(Buffer.from(hashKey, "base64url")),
    proxies: { ...wayIn.proxies, ...proxies },
    program,
    async close() {
      program.child.kill("SIGKILL");
      await importing.close();
      await decider.close();
      for (const proxy of Object.values(proxies)) await proxy.close();
      await access.close();
      client.destroy();
      await wayIn.close();
    },
  };
}

/** For what an import hands over inside of the process. */
function startImporting(parts: {
  services: Parameters<typeof secretsClient>[0];
  edge: string;
  queueUrl: string;
  topicArn: string;
  accessTable: string;
  hashKey: string;
}): Promise<GatewayServer> {
  const { services, queueUrl, topicArn, accessTable, hashKey } = parts;
  const edge = { ...services, endpoint: parts.edge };
  return startGatewayServer({
    sinks: sourceSinks({
      queue: openQueueSink({ ...waits, client: sqsClient(edge), queueUrl }),
      topic: openTopicSink({ ...waits, client: snsClient(edge), topicArn }),
    }),
    access: openDynamoAccessStore({
      ...waits,
      client: dynamoDbClient(services),
      table: accessTable,
      now: Date.now,
      randomBytes,
    }),
    hash: keyedHash(Buffer.from(hashKey, "base64url")),
    port: 0,
    host: "127.0.0.1",
    drainMs: 0,
    now: Date.now,
    onFault: (error) => {
      throw error;
    },
  });
}

async function createSecret(services: Parameters<typeof secretsClient>[0], SecretString: string): Promise<string> {
  const client = secretsClient(services);
  const { ARN = "" } = await client.send(
    new CreateSecretCommand({ Name: `hash-key-${randomBytes(6).toString("hex")}`, SecretString }),
  );
  client.destroy();
  return ARN;
}

export interface Program {
  url: string;
  child: ChildProcess;
  /** What it said. */
  said(): string;
}

/** The gateway's bundle, as its container runs it. */
export async function startProgram(folder: string, env: NodeJS.ProcessEnv): Promise<Program> {
  const child = spawn(process.execPath, [join(folder, "index.mjs")], {
    env: {
      PATH: process.env["PATH"],
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "standin",
      AWS_SECRET_ACCESS_KEY: "standin",
      C360_AWS_PORT: "0",
      C360_AWS_DRAIN_SECONDS: "1",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const listening = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      const { url } = JSON.parse(line) as { url?: string };
      if (url !== undefined) resolve(url.replace("0.0.0.0", "127.0.0.1"));
    });
    void once(child, "exit").then(() => reject(new Error("the gateway did not start")));
  });
  return { url: await listening, child, said: () => lines.join("\n") };
}

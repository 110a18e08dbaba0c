import type { Readable } from "node:stream";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** How a service of AWS is reached. What is not given is as the SDK finds it: region, role, endpoint. */
export interface ServiceAccess {
  endpoint?: string;
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** In place of HTTP/1.1 with the bounds below. */
  requestHandler?: NodeHttpHandler;
}

/** Of one request to a service, the first try included: throttling, 5xx and lost connections are tried again. */
const maxAttempts = 6;
const connectionTimeoutMs = 2_000;
const requestTimeoutMs = 10_000;
/** Of a socket on which nothing comes or goes, while an answer's body is read too. */
const socketTimeoutMs = 10_000;
/** Of one try, its answer's body included. */
const tryTimeoutMs = 30_000;
const maxSockets = 64;

export function dynamoDbClient(access: ServiceAccess): DynamoDBClient {
  return new DynamoDBClient(options(access));
}

/** By HTTP/1.1: the SDK's own choice for Kinesis is HTTP/2, which no stand-in speaks. */
export function kinesisClient(access: ServiceAccess): KinesisClient {
  return new KinesisClient(options(access));
}

export function sqsClient(access: ServiceAccess): SQSClient {
  return new SQSClient(options(access));
}

export function snsClient(access: ServiceAccess): SNSClient {
  return new SNSClient(options(access));
}

export function secretsClient(access: ServiceAccess): SecretsManagerClient {
  return new SecretsManagerClient(options(access));
}

/** `isPathStyle`: the bucket is in the path and not in the host's name, as most that are not AWS have it. */
export function s3Client(access: ServiceAccess, isPathStyle: boolean): S3Client {
  return new S3Client({ ...options(access), forcePathStyle: isPathStyle });
}

type Handled = ReturnType<NodeHttpHandler["handle"]>;
type Asked = Parameters<NodeHttpHandler["handle"]>;

/** HTTP/1.1, each of whose tries ends after a time, also where the answer's body never does. */
export class BoundedHttpHandler extends NodeHttpHandler {
  readonly #tryTimeoutMs: number;

  constructor(bounds: { tryTimeoutMs?: number } = {}) {
    super({
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      socketTimeout: socketTimeoutMs,
      throwOnRequestTimeout: true,
      httpsAgent: { maxSockets },
      httpAgent: { maxSockets },
    });
    this.#tryTimeoutMs = bounds.tryTimeoutMs ?? tryTimeoutMs;
  }

  override async handle(...[request, options = {}]: Asked): Handled {
    const ending = new AbortController();
    const given = options.abortSignal as AbortSignal | undefined;
    const abortSignal = given === undefined ? ending.signal : AbortSignal.any([given, ending.signal]);
    let body: Readable | undefined;
    const timer = setTimeout(() => {
      body?.destroy(timedOut(this.#tryTimeoutMs));
      ending.abort();
    }, this.#tryTimeoutMs).unref();
    try {
      const answer = await this.once(request, { ...options, abortSignal });
      body = answer.response.body as Readable;
      // Whoever reads it hears of an error; nobody may.
      body.on("error", () => {}).once("close", () => clearTimeout(timer));
      return answer;
    } catch (error) {
      clearTimeout(timer);
      throw ending.signal.aborted ? timedOut(this.#tryTimeoutMs) : error;
    }
  }

  /** One try, whose answer may stall. */
  protected async once(...asked: Asked): Handled {
    return super.handle(...asked);
  }
}

/** By its name the SDK knows that it may be tried again. */
function timedOut(ms: number): Error {
  return Object.assign(new Error(`A service's answer was not whole after ${ms} ms.`), { name: "TimeoutError" });
}

function options({ requestHandler, ...access }: ServiceAccess) {
  return { ...access, maxAttempts, requestHandler: requestHandler ?? new BoundedHttpHandler() };
}

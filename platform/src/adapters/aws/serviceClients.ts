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

function options({ requestHandler, ...access }: ServiceAccess) {
  return {
    ...access,
    maxAttempts,
    requestHandler:
      requestHandler ??
      new NodeHttpHandler({
        connectionTimeout: connectionTimeoutMs,
        requestTimeout: requestTimeoutMs,
        throwOnRequestTimeout: true,
        httpsAgent: { maxSockets },
        httpAgent: { maxSockets },
      }),
  };
}

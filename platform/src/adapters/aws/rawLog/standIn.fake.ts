import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import type { FaultyHttp } from "../faultyHttp.fake.ts";
import { dynamoDbClient, s3Client } from "../serviceClients.ts";
import { newTable } from "../table.fake.ts";
import { openRawLogReader } from "./reader.ts";
import { openRawLog, type RawLog, type RawLogParts } from "./writer.ts";

const credentials = { accessKeyId: "standin", secretAccessKey: "standin" };

/** A raw lake of its own on a stand-in. */
export interface RawLake {
  bucket: string;
  headTable: string;
  prefix: string;
  s3: S3Client;
  dynamoDb: DynamoDBClient;
  open(http?: FaultyHttp, more?: Partial<RawLogParts>): RawLog;
  openReader(http?: FaultyHttp, maxCachedBytes?: number): ReturnType<typeof openRawLogReader>;
  keys(): Promise<string[]>;
  dispose(): void;
}

export async function createRawLake(endpoint: string): Promise<RawLake> {
  const access = (requestHandler?: FaultyHttp) => ({
    endpoint,
    region: "us-east-1",
    credentials,
    ...(requestHandler ? { requestHandler } : {}),
  });
  const s3 = s3Client(access(), true);
  const dynamoDb = dynamoDbClient(access());
  const name = await newTable(dynamoDb, "raw");
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  const place = { bucket: name, prefix: "raw/" };
  return {
    ...place,
    headTable: name,
    s3,
    dynamoDb,
    open: (http, more = {}) =>
      openRawLog({
        ...place,
        headTable: name,
        s3: s3Client(access(http), true),
        dynamoDb: dynamoDbClient(access(http)),
        claimMs: 60_000,
        now: Date.now,
        sleep: (ms) => sleep(ms),
        randomBytes,
        ...more,
      }),
    openReader: (http, maxCachedBytes) =>
      openRawLogReader({
        ...place,
        s3: s3Client(access(http), true),
        sleep: (ms) => sleep(ms),
        ...(maxCachedBytes === undefined ? {} : { maxCachedBytes }),
      }),
    keys: async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: name }));
      return Contents.map(({ Key = "" }) => Key);
    },
    dispose: () => {
      s3.destroy();
      dynamoDb.destroy();
    },
  };
}

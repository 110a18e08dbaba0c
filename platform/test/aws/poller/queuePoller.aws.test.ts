import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { drain } from "../../../src/adapters/aws/messages/queueReader.fake.ts";
import { sqsClient } from "../../../src/adapters/aws/serviceClients.ts";
import { withStandIn } from "../withStandIn.ts";
import { pollQueue, type QueueParts } from "./queuePoller.ts";

const credentials = { accessKeyId: "standin", secretAccessKey: "standin" };
const maxReceiveCount = 3;

async function createQueue(sqs: SQSClient, Attributes: Record<string, string>): Promise<{ url: string; arn: string }> {
  const QueueName = `poller-${randomBytes(6).toString("hex")}`;
  const { QueueUrl: url = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] });
  return { url, arn: (await sqs.send(asked)).Attributes?.["QueueArn"] ?? "" };
}

withStandIn("ministack", (endpoint) => {
  describe("a queue polled as Lambda does it", () => {
    const sqs = sqsClient({ endpoint, region: "us-east-1", credentials });
    let url: string;
    let dead: string;
    beforeEach(async () => {
      const deadQueue = await createQueue(sqs, {});
      dead = deadQueue.url;
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadQueue.arn, maxReceiveCount });
      ({ url } = await createQueue(sqs, { VisibilityTimeout: "1", RedrivePolicy }));
      for (const body of ["one", "two", "three"]) {
        await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
      }
    });
    afterAll(() => sqs.destroy());

    /** Polls until nothing comes any more, and gives which bodies each invocation had. */
    async function poll(
      invoke: (bodies: Map<string, string>, call: number) => Awaited<ReturnType<QueueParts["invoke"]>>,
      reportsBatchItemFailures = true,
    ): Promise<string[][]> {
      const calls: string[][] = [];
      for (let idle = 0; idle < 3;) {
        const received = await pollQueue(sqs, url, {
          batchSize: 10,
          reportsBatchItemFailures,
          invoke: async ({ Records }) => {
            calls.push(Records.map(({ body }) => body).sort());
            return invoke(new Map(Records.map(({ body, messageId }) => [body, messageId])), calls.length);
          },
        });
        idle = received === 0 ? idle + 1 : 0;
        if (received === 0) await sleep(600);
      }
      return calls;
    }

    it("deletes what was done; what failed alone comes again, alone, and ends in the dead-letter queue", async () => {
      const calls = await poll((bodies) => ({
        batchItemFailures: bodies.has("two") ? [{ itemIdentifier: bodies.get("two") ?? "" }] : [],
      }));
      expect(calls).toEqual([["one", "three", "two"], ["two"], ["two"]]);
      expect(await drain(sqs, dead)).toEqual(["two"]);
    });

    it("a function that throws, or names what it was not given, has done nothing", async () => {
      const calls = await poll((_, call) => {
        if (call === 1) throw new Error("the function failed");
        return call === 2 ? { batchItemFailures: [{ itemIdentifier: "another" }] } : null;
      });
      expect(calls).toEqual([1, 2, 3].map(() => ["one", "three", "two"]));
      expect(await drain(sqs, dead)).toEqual([]);
    });

    it("without partial failures in its settings an answer says nothing", async () => {
      const calls = await poll(
        (bodies) => ({ batchItemFailures: [{ itemIdentifier: bodies.get("one") ?? "" }] }),
        false,
      );
      expect(calls).toEqual([["one", "three", "two"]]);
    });
  });
});

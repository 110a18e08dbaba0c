import { Duration } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { explain } from "./explained.ts";

/** Two weeks, the most that there is. `key` null: one of SQS, which no key of ours can lock. */
export function deadLetterQueue(scope: Construct, id: string, key: IKey | null): Queue {
  const queue = new Queue(scope, id, {
    ...(key === null
      ? { encryption: QueueEncryption.SQS_MANAGED }
      : { encryption: QueueEncryption.KMS, encryptionMasterKey: key }),
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  explain(queue, { SQS3: "It is itself where dead letters lie." });
  return queue;
}

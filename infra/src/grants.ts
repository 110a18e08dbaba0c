import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { environmentOf } from "./handlers.ts";
import type { StorageStack } from "./storage.ts";

export interface StoreParts {
  readonly storage: StorageStack;
}

/** More than the timeout of ingestion, so that a claim is closed only where its writer is gone. */
const rawClaimSeconds = 90;

/** Of whoever reads or writes the raw lake. */
export function rawLogVariables({ raw, tables }: StorageStack): Record<string, string> {
  return environmentOf({
    rawBucket: raw.bucketName,
    rawHeadTable: tables.rawHead.tableName,
    rawClaimSeconds: String(rawClaimSeconds),
  });
}

/** What goes with {@link rawLogVariables}: a reader too closes claims of the dead. Nobody may delete an object of it. */
export function grantRawLog(who: IGrantable, { raw, tables }: StorageStack): void {
  tables.rawHead.grantReadWriteData(who);
  raw.grantRead(who);
  raw.grantPut(who);
}

/** Not by the secret's own grant, which would name the role in the key's policy, and so tie the keys to all that use them. */
export function grantHashKey(grantee: IGrantable, { hashKey }: StorageStack): void {
  Grant.addToPrincipal({ grantee, actions: ["secretsmanager:GetSecretValue"], resourceArns: [hashKey.secretArn] });
  hashKey.encryptionKey?.grantDecrypt(grantee);
}

import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { variables } from "./handlers.ts";
import type { StorageStack } from "./storage.ts";

export interface StoreParts {
  readonly storage: StorageStack;
}

/** Where ingestion and the processors write what they decided. */
export function storeVariables(storage: StorageStack): Record<string, string> {
  return {
    [variables.rawBucket]: storage.raw.bucketName,
    [variables.processedBucket]: storage.processed.bucketName,
    [variables.deadLetterBucket]: storage.deadLetter.bucketName,
    [variables.rawHeadTable]: storage.tables.rawHead.tableName,
    [variables.stateTable]: storage.tables.state.tableName,
    [variables.messageTable]: storage.tables.message.tableName,
    [variables.timelineTable]: storage.tables.timeline.tableName,
    [variables.searchUrl]: storage.searchUrl,
    [variables.metricsUrl]: storage.metricsUrl,
    [variables.metricsSecretArn]: storage.metricsSecret.secretArn,
  };
}

/** What goes with {@link storeVariables}; nobody may delete an object of the raw lake but who erases. */
export function grantStores(who: IGrantable, storage: StorageStack): void {
  for (const name of ["rawHead", "state", "message", "timeline"] as const) storage.tables[name].grantReadWriteData(who);
  storage.raw.grantRead(who);
  storage.raw.grantPut(who);
  storage.processed.grantRead(who);
  storage.deadLetter.grantPut(who);
  grantMetricsSecret(who, storage);
  grantSearch(who, storage);
}

export function grantSearch(grantee: IGrantable, storage: StorageStack): void {
  Grant.addToPrincipal({
    grantee,
    actions: ["es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost", "es:ESHttpPut", "es:ESHttpDelete"],
    resourceArns: [`${storage.search.attrArn}/*`],
  });
}

/** Not by the secret's own grant, which would name the role in the key's policy, and so tie the keys to all that use them. */
export function grantMetricsSecret(grantee: IGrantable, { metricsSecret }: StorageStack): void {
  Grant.addToPrincipal({
    grantee,
    actions: ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
    resourceArns: [metricsSecret.secretArn],
  });
  metricsSecret.encryptionKey?.grantDecrypt(grantee);
}

import { CfnWorkGroup } from "aws-cdk-lib/aws-athena";
import { CfnDatabase, CfnTable } from "aws-cdk-lib/aws-glue";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import type { StoreParts } from "./grants.ts";
import type { KeysStack } from "./keys.ts";
import { StageStack } from "./stageStack.ts";

const mostBytesPerQuery = 100 * 1_024 ** 3;
export const databaseName = "c360";

interface Column {
  readonly name: string;
  readonly type: string;
  /** What Lake Formation's tag of the column says. */
  readonly classification: "identifier" | "personal" | "internal";
}

/** Processed events, as Lake Formation has to know their columns; a job that writes them adds what it finds. */
export const eventColumns: readonly Column[] = [
  { name: "fragment", type: "string", classification: "identifier" },
  { name: "message_id", type: "string", classification: "internal" },
  { name: "source", type: "string", classification: "internal" },
  { name: "type", type: "string", classification: "internal" },
  { name: "name", type: "string", classification: "internal" },
  { name: "occurred_at", type: "timestamp", classification: "internal" },
  { name: "received_at", type: "timestamp", classification: "internal" },
  { name: "identifiers", type: "string", classification: "identifier" },
  { name: "traits", type: "string", classification: "personal" },
  { name: "properties", type: "string", classification: "personal" },
];

/** Glue's catalog of the processed lake, and Athena over it: made by `withPlanned` only, for nothing writes there yet. */
export class AnalyticsStack extends StageStack {
  readonly database: CfnDatabase;
  readonly events: CfnTable;

  constructor(scope: Construct, configuration: Configuration, { keys, storage }: StoreParts & { keys: KeysStack }) {
    super(scope, "Analytics", configuration);
    this.database = new CfnDatabase(this, "Database", {
      catalogId: this.account,
      databaseInput: { name: databaseName, locationUri: storage.processed.s3UrlForObject("tables/") },
    });
    this.events = new CfnTable(this, "Events", {
      catalogId: this.account,
      databaseName: this.database.ref,
      openTableFormatInput: { icebergInput: { metadataOperation: "CREATE", version: "2" } },
      tableInput: {
        name: "events",
        tableType: "EXTERNAL_TABLE",
        storageDescriptor: {
          location: storage.processed.s3UrlForObject("tables/events/"),
          columns: eventColumns.map(({ name, type }) => ({ name, type })),
        },
      },
    });
    new CfnWorkGroup(this, "Queries", {
      name: `c360-${configuration.environment}`,
      recursiveDeleteOption: !configuration.isKept,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: mostBytesPerQuery,
        engineVersion: { selectedEngineVersion: "Athena engine version 3" },
        resultConfiguration: {
          outputLocation: storage.processed.s3UrlForObject("query-results/"),
          encryptionConfiguration: { encryptionOption: "SSE_KMS", kmsKey: keys.lake.keyArn },
        },
      },
    });
  }
}

import { Aws, Duration, Fn } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup, ResourcePolicy, RetentionDays } from "aws-cdk-lib/aws-logs";
import { CfnDomain } from "aws-cdk-lib/aws-opensearchservice";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  ObjectOwnership,
  StorageClass,
} from "aws-cdk-lib/aws-s3";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { CfnInfluxDBInstance } from "aws-cdk-lib/aws-timestream";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { explain } from "./explained.ts";
import type { KeysStack } from "./keys.ts";
import type { NetworkStack } from "./network.ts";
import { StageStack } from "./stageStack.ts";

const tableNames = ["access", "rawHead", "state", "message", "timeline"] as const;
export type TableName = (typeof tableNames)[number];
const daysPerMonth = 31;
const searchGb = 10;
const influxGb = 20;
const dataNodesWithManagers = 3;

/** Tables, buckets, the search domain and the time series. */
export class StorageStack extends StageStack {
  readonly tables: Readonly<Record<TableName, Table>>;
  readonly accessLogs: Bucket;
  readonly raw: Bucket;
  readonly processed: Bucket;
  readonly deadLetter: Bucket;
  readonly search: CfnDomain;
  readonly metrics: CfnInfluxDBInstance;
  readonly metricsSecret: Secret;
  private readonly keys: KeysStack;

  constructor(scope: Construct, configuration: Configuration, keys: KeysStack, network: NetworkStack) {
    super(scope, "Storage", configuration);
    this.keys = keys;
    this.tables = Object.fromEntries(tableNames.map((name) => [name, this.table(name)])) as Record<TableName, Table>;
    this.accessLogs = this.accessLogBucket();
    this.raw = this.bucket("Raw", configuration.settings.lakeMonths * daysPerMonth);
    this.processed = this.bucket("Processed", null);
    this.deadLetter = this.bucket("DeadLetter", configuration.settings.lakeMonths * daysPerMonth);
    this.search = this.searchDomain(network);
    this.metricsSecret = new Secret(this, "MetricsSecret", {
      encryptionKey: keys.tables,
      generateSecretString: { passwordLength: 40, excludePunctuation: true },
      removalPolicy: this.removal,
    });
    explain(this.metricsSecret, {
      SMG4: "InfluxDB takes the password only when it is made; see docs/aws.md to change it.",
    });
    this.metrics = this.timeSeries(network);
  }

  private table(name: TableName): Table {
    const { settings, isKept } = this.configuration;
    const table = new Table(this, `${name}Table`, {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.keys.tables,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: settings.pointInTimeRecovery === 1 },
      deletionProtection: isKept,
      removalPolicy: this.removal,
      ...(name === "timeline" || name === "message" ? { timeToLiveAttribute: "expiresAt" } : {}),
    });
    if (settings.pointInTimeRecovery === 0) {
      explain(table, { DDB3: "pointInTimeRecovery is 0 in this environment: it holds what can be folded again." });
    }
    return table;
  }

  private accessLogBucket(): Bucket {
    const bucket = new Bucket(this, "AccessLogs", {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(90) }],
      removalPolicy: this.removal,
    });
    explain(bucket, { S1: "It holds the access logs of the others; its own would never end." });
    return bucket;
  }

  /** `keptDays`: null where what is kept is decided by retention of the platform, and not by age of an object. */
  private bucket(name: string, keptDays: number | null): Bucket {
    const bucket = new Bucket(this, name, {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.keys.lake,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: `${name.toLowerCase()}/`,
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: Duration.days(1),
          transitions: [{ storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(0) }],
          ...(keptDays === null ? {} : { expiration: Duration.days(keptDays) }),
        },
      ],
      removalPolicy: this.removal,
    });
    // CDK's own way makes a custom resource with a function and a role that may change every bucket.
    const resource = bucket.node.defaultChild;
    if (!CfnBucket.isCfnBucket(resource)) throw new Error("a bucket of CDK has no CfnBucket any more");
    resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    return bucket;
  }

  private searchDomain({ vpc, groups }: NetworkStack): CfnDomain {
    const { environment, settings } = this.configuration;
    const isLarge = environment === "prod" && settings.searchNodes >= dataNodesWithManagers;
    const domainName = `c360-${environment}`;
    const log = new LogGroup(this, "SearchLog", {
      encryptionKey: this.keys.logs,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: this.removal,
    });
    const policy = new ResourcePolicy(this, "SearchLogPolicy", {
      policyStatements: [
        new PolicyStatement({
          principals: [new ServicePrincipal("es.amazonaws.com")],
          actions: ["logs:PutLogEvents", "logs:CreateLogStream"],
          resources: [`arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:*:*`],
          conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
        }),
      ],
    });
    const published = { cloudWatchLogsLogGroupArn: log.logGroupArn, enabled: true };
    const zones = Math.min(settings.searchNodes, dataNodesWithManagers, vpc.isolatedSubnets.length);
    const domain = new CfnDomain(this, "Search", {
      domainName,
      engineVersion: "OpenSearch_3.1",
      clusterConfig: {
        instanceType: environment === "prod" ? "r7g.large.search" : "t3.small.search",
        instanceCount: settings.searchNodes,
        zoneAwarenessEnabled: zones > 1,
        ...(zones > 1 ? { zoneAwarenessConfig: { availabilityZoneCount: zones } } : {}),
        dedicatedMasterEnabled: false,
      },
      ebsOptions: { ebsEnabled: true, volumeType: "gp3", volumeSize: searchGb },
      vpcOptions: {
        securityGroupIds: [groups.stores.securityGroupId],
        subnetIds: vpc.isolatedSubnets.slice(0, zones).map(({ subnetId }) => subnetId),
      },
      encryptionAtRestOptions: { enabled: true, kmsKeyId: this.keys.search.keyId },
      nodeToNodeEncryptionOptions: { enabled: true },
      domainEndpointOptions: { enforceHttps: true, tlsSecurityPolicy: "Policy-Min-TLS-1-2-PFS-2023-10" },
      logPublishingOptions: { SEARCH_SLOW_LOGS: published, INDEX_SLOW_LOGS: published, ES_APPLICATION_LOGS: published },
      accessPolicies: searchPolicy(domainName),
    });
    domain.applyRemovalPolicy(this.removal);
    domain.node.addDependency(policy);
    explain(domain, {
      OS3: "It has no address outside of the VPC; who may reach it is the stores' security group and signed requests.",
      OS4: "Three data nodes elect among themselves; dedicated ones pay from about ten nodes. See docs/aws.md.",
      ...(isLarge ? {} : { OS7: "One node in this environment: search is a projection that is made again." }),
    });
    return domain;
  }

  private timeSeries({ vpc, groups }: NetworkStack): CfnInfluxDBInstance {
    const { environment, settings } = this.configuration;
    return new CfnInfluxDBInstance(this, "Metrics", {
      name: `c360-${environment}`,
      dbInstanceType: "db.influx.medium",
      dbStorageType: "InfluxIOIncludedT1",
      allocatedStorage: influxGb,
      deploymentType: settings.metricsZones > 1 ? "WITH_MULTIAZ_STANDBY" : "SINGLE_AZ",
      organization: "c360",
      bucket: "metrics",
      username: "c360",
      password: this.metricsSecret.secretValue.unsafeUnwrap(),
      publiclyAccessible: false,
      vpcSecurityGroupIds: [groups.stores.securityGroupId],
      vpcSubnetIds: vpc.isolatedSubnets.slice(0, 2).map(({ subnetId }) => subnetId),
    });
  }

  get searchUrl(): string {
    return Fn.join("", ["https://", this.search.attrDomainEndpoint]);
  }

  get metricsUrl(): string {
    return Fn.join("", ["https://", this.metrics.attrEndpoint, ":8086"]);
  }
}

/** Whoever of the account has it by a role; without a signature nobody. */
function searchPolicy(domainName: string): object {
  const resource = `arn:${Aws.PARTITION}:es:${Aws.REGION}:${Aws.ACCOUNT_ID}:domain/${domainName}/*`;
  const account = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:root`;
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: Effect.ALLOW, Principal: { AWS: account }, Action: "es:ESHttp*", Resource: resource }],
  };
}

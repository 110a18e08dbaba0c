import { CfnOutput, Duration } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { Repository, RepositoryEncryption, TagMutability } from "aws-cdk-lib/aws-ecr";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  ObjectOwnership,
  StorageClass,
} from "aws-cdk-lib/aws-s3";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { explain } from "./explained.ts";
import type { KeysStack } from "./keys.ts";
import { StageStack } from "./stageStack.ts";

const tableNames = ["access", "rawHead", "state"] as const;
export type TableName = (typeof tableNames)[number];
const noncurrentDays = 30;
const daysPerMonth = 31;
/** Where the access logs of the load balancer lie, in the bucket of access logs. */
export const balancerLogs = "balancer";

/** Tables, buckets, the hash key and the gateway's images. */
export class StorageStack extends StageStack {
  readonly tables: Readonly<Record<TableName, Table>>;
  readonly accessLogs: Bucket;
  readonly raw: Bucket;
  readonly processed: Bucket;
  readonly deadLetter: Bucket;
  /** Of the gateway: here, since it has to be there before the gateway starts. */
  readonly images: Repository;
  /** Of all keyed hashes; nobody sees it. */
  readonly hashKey: Secret;
  private readonly keys: KeysStack;

  constructor(scope: Construct, configuration: Configuration, keys: KeysStack) {
    super(scope, "Storage", configuration);
    this.keys = keys;
    this.tables = Object.fromEntries(tableNames.map((name) => [name, this.table(name)])) as Record<TableName, Table>;
    this.accessLogs = this.accessLogBucket();
    // The log: what of it is kept no longer is for the platform to say, which counts on all that it has decided.
    this.raw = this.bucket("Raw", null);
    this.processed = this.bucket("Processed", null);
    this.deadLetter = this.bucket("DeadLetter", configuration.settings.lakeMonths * daysPerMonth);
    this.images = new Repository(this, "Images", {
      encryption: RepositoryEncryption.KMS,
      encryptionKey: keys.lake,
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      removalPolicy: this.removal,
    });
    new CfnOutput(this, "GatewayRepository", { value: this.images.repositoryUri });
    this.hashKey = new Secret(this, "HashKey", {
      encryptionKey: keys.tables,
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
      removalPolicy: this.removal,
    });
    explain(this.hashKey, { SMG4: "It never rotates: what the log and the tables hold was hashed with it." });
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
      ...(name === "state" ? { timeToLiveAttribute: "expires" } : {}),
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
    // CDK's own way needs a stack with a fixed region; this principal is every region's.
    bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
        actions: ["s3:PutObject"],
        resources: [bucket.arnForObjects(`${balancerLogs}/AWSLogs/${this.account}/*`)],
      }),
    );
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
          noncurrentVersionExpiration: Duration.days(noncurrentDays),
          ...(keptDays === null ? {} : { expiration: Duration.days(keptDays) }),
        },
      ],
      // An object that was written over, or removed by hand, can be had back.
      versioned: true,
      removalPolicy: this.removal,
    });
    // CDK's own way makes a custom resource with a function and a role that may change every bucket.
    const resource = bucket.node.defaultChild;
    if (!CfnBucket.isCfnBucket(resource)) throw new Error("a bucket of CDK has no CfnBucket any more");
    resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    return bucket;
  }
}

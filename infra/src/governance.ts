import { Duration } from "aws-cdk-lib";
import { CfnTrail } from "aws-cdk-lib/aws-cloudtrail";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  CfnPrincipalPermissions,
  CfnResource as LakeResource,
  CfnTag,
  CfnTagAssociation,
} from "aws-cdk-lib/aws-lakeformation";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { type AnalyticsStack, eventColumns } from "./analytics.ts";
import type { Configuration } from "./configuration.ts";
import { explainGrants } from "./explained.ts";
import type { StoreParts } from "./grants.ts";
import type { KeysStack } from "./keys.ts";
import { StageStack } from "./stageStack.ts";

const classifications = ["identifier", "personal", "internal"] as const;
const trailKept = Duration.days(400);

export interface GovernanceParts extends StoreParts {
  readonly keys: KeysStack;
  /** Null where there are no tables to govern. */
  readonly analytics: AnalyticsStack | null;
}

/** Lake Formation's tags on columns and who sees which, and CloudTrail of all that touches the data. */
export class GovernanceStack extends StageStack {
  private readonly parts: GovernanceParts;

  constructor(scope: Construct, configuration: Configuration, parts: GovernanceParts) {
    super(scope, "Governance", configuration);
    this.parts = parts;
    if (parts.analytics !== null) this.classify(parts.analytics);
    this.trail();
  }

  private classify(analytics: AnalyticsStack): void {
    const { storage } = this.parts;
    const lakeRole = new Role(this, "LakeRole", { assumedBy: new ServicePrincipal("lakeformation.amazonaws.com") });
    storage.processed.grantReadWrite(lakeRole);
    explainGrants(lakeRole, "It has no grant on all resources.");
    new LakeResource(this, "Lake", {
      resourceArn: storage.processed.arnForObjects("tables"),
      roleArn: lakeRole.roleArn,
      useServiceLinkedRole: false,
    });
    const tag = new CfnTag(this, "Classification", {
      catalogId: this.account,
      tagKey: "c360_classification",
      tagValues: [...classifications],
    });
    for (const classification of classifications) {
      const columns = eventColumns.filter((column) => column.classification === classification);
      const association = new CfnTagAssociation(this, `Columns-${classification}`, {
        lfTags: [{ catalogId: this.account, tagKey: tag.tagKey, tagValues: [classification] }],
        resource: {
          tableWithColumns: {
            catalogId: this.account,
            databaseName: analytics.database.ref,
            name: analytics.events.ref,
            columnNames: columns.map(({ name }) => name),
          },
        },
      });
      association.addResourceDependency(tag);
    }
    const reader = this.analystRole();
    this.permit("Analysts", reader, ["internal"], tag);
  }

  /** For Athena and dashboards: sees what is nobody's identifier or trait. */
  private analystRole(): Role {
    const role = new Role(this, "Analysts", { assumedBy: new ServicePrincipal("quicksight.amazonaws.com") });
    role.addToPolicy(
      new PolicyStatement({
        actions: ["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"],
        resources: [
          this.formatArn({
            service: "athena",
            resource: "workgroup",
            resourceName: `c360-${this.configuration.environment}`,
          }),
        ],
      }),
    );
    return role;
  }

  private permit(id: string, role: Role, tagValues: readonly string[], tag: CfnTag): void {
    const permission = new CfnPrincipalPermissions(this, `${id}See`, {
      catalog: this.account,
      principal: { dataLakePrincipalIdentifier: role.roleArn },
      permissions: ["SELECT"],
      permissionsWithGrantOption: [],
      resource: {
        lfTagPolicy: {
          catalogId: this.account,
          resourceType: "TABLE",
          expression: [{ tagKey: tag.tagKey, tagValues: [...tagValues] }],
        },
      },
    });
    permission.addResourceDependency(tag);
  }

  private trail(): void {
    const { keys, storage } = this.parts;
    const bucket = new Bucket(this, "TrailLog", {
      encryption: BucketEncryption.KMS,
      encryptionKey: keys.trail,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      serverAccessLogsBucket: storage.accessLogs,
      serverAccessLogsPrefix: "trail/",
      lifecycleRules: [{ expiration: trailKept, noncurrentVersionExpiration: Duration.days(30) }],
      removalPolicy: this.removal,
    });
    const cloudTrail = new ServicePrincipal("cloudtrail.amazonaws.com");
    bucket.addToResourcePolicy(
      new PolicyStatement({ principals: [cloudTrail], actions: ["s3:GetBucketAcl"], resources: [bucket.bucketArn] }),
    );
    bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudTrail],
        actions: ["s3:PutObject"],
        resources: [bucket.arnForObjects(`AWSLogs/${this.account}/*`)],
        conditions: { StringEquals: { "aws:SourceAccount": this.account } },
      }),
    );
    const trail = new CfnTrail(this, "Trail", {
      trailName: `c360-${this.configuration.environment}`,
      s3BucketName: bucket.bucketName,
      kmsKeyId: keys.trail.keyArn,
      isLogging: true,
      isMultiRegionTrail: false,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      advancedEventSelectors: this.selectors(),
    });
    if (bucket.policy !== undefined) trail.node.addDependency(bucket.policy);
  }

  private selectors(): CfnTrail.AdvancedEventSelectorProperty[] {
    const { storage } = this.parts;
    const buckets = [storage.raw, storage.processed, storage.deadLetter].map(({ bucketArn }) => `${bucketArn}/`);
    const tables = Object.values(storage.tables).map(({ tableArn }) => tableArn);
    const data = (type: string, arns: Record<string, string[]>): CfnTrail.AdvancedEventSelectorProperty => ({
      name: type,
      fieldSelectors: [
        { field: "eventCategory", equalTo: ["Data"] },
        { field: "resources.type", equalTo: [type] },
        { field: "resources.ARN", ...arns },
      ],
    });
    return [
      { name: "management", fieldSelectors: [{ field: "eventCategory", equalTo: ["Management"] }] },
      data("AWS::S3::Object", { startsWith: buckets }),
      ...(this.configuration.settings.trailDynamoDb === 1 ? [data("AWS::DynamoDB::Table", { equalTo: tables })] : []),
    ];
  }
}

import { Aws } from "aws-cdk-lib";
import { Port, SecurityGroup } from "aws-cdk-lib/aws-ec2";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup, ResourcePolicy, RetentionDays } from "aws-cdk-lib/aws-logs";
import { CfnDomain } from "aws-cdk-lib/aws-opensearchservice";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { CfnInfluxDBInstance } from "aws-cdk-lib/aws-timestream";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { explain } from "./explained.ts";
import type { KeysStack } from "./keys.ts";
import { type NetworkStack, ports } from "./network.ts";
import { StageStack } from "./stageStack.ts";

const searchGb = 10;
const influxGb = 20;
const dataNodesWithManagers = 3;

/** The search domain and the time series: made by `withPlanned` only, for nothing writes to them yet. */
export class ProjectionsStack extends StageStack {
  readonly search: CfnDomain;
  private readonly keys: KeysStack;

  constructor(scope: Construct, configuration: Configuration, keys: KeysStack, network: NetworkStack) {
    super(scope, "Projections", configuration);
    this.keys = keys;
    const group = new SecurityGroup(this, "Stores", { vpc: network.vpc, allowAllOutbound: false });
    for (const client of [network.groups.gateway, network.groups.handlers]) {
      group.connections.allowFrom(client, Port.tcp(ports.https), "OpenSearch");
      group.connections.allowFrom(client, Port.tcp(ports.influx), "InfluxDB");
    }
    this.search = this.searchDomain(network, group);
    this.timeSeries(network, group);
  }

  private searchDomain({ vpc }: NetworkStack, group: SecurityGroup): CfnDomain {
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
        securityGroupIds: [group.securityGroupId],
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
      OS4: "Three data nodes elect among themselves; dedicated ones pay from about ten nodes.",
      ...(isLarge ? {} : { OS7: "One node in this environment: search is a projection that is made again." }),
    });
    return domain;
  }

  private timeSeries({ vpc }: NetworkStack, group: SecurityGroup): void {
    const { environment, settings } = this.configuration;
    const secret = new Secret(this, "MetricsSecret", {
      encryptionKey: this.keys.tables,
      generateSecretString: { passwordLength: 40, excludePunctuation: true },
      removalPolicy: this.removal,
    });
    explain(secret, { SMG4: "InfluxDB takes the password only when it is made." });
    new CfnInfluxDBInstance(this, "Metrics", {
      name: `c360-${environment}`,
      dbInstanceType: "db.influx.medium",
      dbStorageType: "InfluxIOIncludedT1",
      allocatedStorage: influxGb,
      deploymentType: settings.metricsZones > 1 ? "WITH_MULTIAZ_STANDBY" : "SINGLE_AZ",
      organization: "c360",
      bucket: "metrics",
      username: "c360",
      password: secret.secretValue.unsafeUnwrap(),
      publiclyAccessible: false,
      vpcSecurityGroupIds: [group.securityGroupId],
      vpcSubnetIds: vpc.isolatedSubnets.slice(0, 2).map(({ subnetId }) => subnetId),
    });
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

import { CfnParameter, Duration } from "aws-cdk-lib";
import {
  Cluster,
  ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
} from "aws-cdk-lib/aws-ecs";
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ListenerCertificate,
  SslPolicy,
} from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { CfnWebACL, CfnWebACLAssociation } from "aws-cdk-lib/aws-wafv2";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { explain, explainGrants } from "./explained.ts";
import { grantHashKey, type StoreParts } from "./grants.ts";
import { environmentOf } from "./handlers.ts";
import type { KeysStack } from "./keys.ts";
import { type NetworkStack, ports } from "./network.ts";
import { StageStack } from "./stageStack.ts";
import { balancerLogs } from "./storage.ts";
import type { StreamStack } from "./stream.ts";

const cpuUnits = 1_024;
const mbPerGb = 1_024;
const mostTimes = 10;
const requestsPerAddress = 100_000;
/** With the rate rule six, as `c360 cost` counts them. */
const managedRules = [
  "AWSManagedRulesCommonRuleSet",
  "AWSManagedRulesKnownBadInputsRuleSet",
  "AWSManagedRulesAmazonIpReputationList",
  "AWSManagedRulesSQLiRuleSet",
  "AWSManagedRulesLinuxRuleSet",
] as const;

export interface EdgeParts extends StoreParts {
  readonly keys: KeysStack;
  readonly network: NetworkStack;
  readonly stream: StreamStack;
}

/** The load balancer with its firewall, and the gateway on Fargate. */
export class EdgeStack extends StageStack {
  readonly balancer: ApplicationLoadBalancer;
  readonly service: FargateService;
  private readonly parts: EdgeParts;

  constructor(scope: Construct, configuration: Configuration, parts: EdgeParts) {
    super(scope, "Edge", configuration);
    this.parts = parts;
    const { network } = parts;
    this.balancer = new ApplicationLoadBalancer(this, "Balancer", {
      vpc: network.vpc,
      internetFacing: true,
      securityGroup: network.groups.balancer,
      deletionProtection: configuration.isKept,
      dropInvalidHeaderFields: true,
    });
    this.balancer.setAttribute("access_logs.s3.enabled", "true");
    this.balancer.setAttribute("access_logs.s3.bucket", parts.storage.accessLogs.bucketName);
    this.balancer.setAttribute("access_logs.s3.prefix", balancerLogs);
    this.service = this.gateway();
    this.listen();
    this.firewall();
  }

  private gateway(): FargateService {
    const { settings, gatewayVersion } = this.configuration;
    const { network, keys, storage, stream } = this.parts;
    const task = new FargateTaskDefinition(this, "Task", {
      cpu: settings.gatewayCpu * cpuUnits,
      memoryLimitMiB: settings.gatewayGb * mbPerGb,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
    });
    const log = new LogGroup(this, "GatewayLog", {
      encryptionKey: keys.logs,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: this.removal,
    });
    task.addContainer("gateway", {
      image: ContainerImage.fromEcrRepository(storage.images, gatewayVersion),
      portMappings: [{ containerPort: ports.gateway }],
      readonlyRootFilesystem: true,
      // It takes what still comes for 15 s, and has 30 more to end what is under way.
      stopTimeout: Duration.seconds(60),
      logging: LogDrivers.awsLogs({ logGroup: log, streamPrefix: "gateway" }),
      environment: environmentOf({
        queueUrl: stream.queue.queueUrl,
        topicArn: stream.topic.topicArn,
        accessTable: storage.tables.access.tableName,
        hashKeySecret: storage.hashKey.secretArn,
        port: String(ports.gateway),
      }),
    });
    explain(task, { ECS2: "Names of tables and queues; the only secret is read from Secrets Manager." });
    this.grant(task);
    explainGrants(task, "A token for ECR is given for all resources only: ecr:GetAuthorizationToken.");
    const cluster = new Cluster(this, "Cluster", {
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
    const service = new FargateService(this, "Gateway", {
      cluster,
      taskDefinition: task,
      minHealthyPercent: 100,
      circuitBreaker: { rollback: true },
      securityGroups: [network.groups.gateway],
      vpcSubnets: { subnets: network.vpc.isolatedSubnets },
    });
    service
      .autoScaleTaskCount({ minCapacity: settings.gatewayTasks, maxCapacity: settings.gatewayTasks * mostTimes })
      .scaleOnCpuUtilization("Cpu", { targetUtilizationPercent: 60, scaleInCooldown: Duration.minutes(5) });
    return service;
  }

  private grant({ taskRole }: FargateTaskDefinition): void {
    const { storage, stream } = this.parts;
    stream.queue.grantSendMessages(taskRole);
    stream.topic.grantPublish(taskRole);
    storage.tables.access.grant(taskRole, "dynamodb:GetItem");
    storage.tables.access.encryptionKey?.grantDecrypt(taskRole);
    grantHashKey(taskRole, storage);
  }

  private listen(): void {
    const arn =
      this.configuration.certificateArn ??
      new CfnParameter(this, "CertificateArn", { description: "Of ACM, for the load balancer's HTTPS" }).valueAsString;
    const listener = this.balancer.addListener("Https", {
      port: ports.https,
      open: false,
      protocol: ApplicationProtocol.HTTPS,
      certificates: [ListenerCertificate.fromArn(arn)],
      sslPolicy: SslPolicy.RECOMMENDED_TLS,
    });
    listener.addTargets("Gateway", {
      port: ports.gateway,
      protocol: ApplicationProtocol.HTTP,
      targets: [this.service],
      deregistrationDelay: Duration.seconds(30),
      healthCheck: { path: "/readyz", interval: Duration.seconds(10), healthyThresholdCount: 2 },
    });
  }

  private firewall(): void {
    const visible = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
      cloudWatchMetricsEnabled: true,
      metricName,
      sampledRequestsEnabled: false,
    });
    const acl = new CfnWebACL(this, "Firewall", {
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      visibilityConfig: visible("firewall"),
      rules: [
        {
          name: "rate",
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: requestsPerAddress, aggregateKeyType: "IP" } },
          visibilityConfig: visible("rate"),
        },
        ...managedRules.map((name, at) => ({
          name,
          priority: at + 1,
          overrideAction: { none: {} },
          // A batch of events is longer than a form, and the gateway bounds it itself.
          statement: {
            managedRuleGroupStatement: {
              vendorName: "AWS",
              name,
              ...(at === 0
                ? { ruleActionOverrides: [{ name: "SizeRestrictions_BODY", actionToUse: { count: {} } }] }
                : {}),
            },
          },
          visibilityConfig: visible(name),
        })),
      ],
    });
    new CfnWebACLAssociation(this, "FirewallOfBalancer", {
      resourceArn: this.balancer.loadBalancerArn,
      webAclArn: acl.attrArn,
    });
  }
}

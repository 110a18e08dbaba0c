import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { explain } from "./explained.ts";
import type { KeysStack } from "./keys.ts";
import { StageStack } from "./stageStack.ts";

/** A load balancer and a failover need two, however few have endpoints. */
const leastZones = 2;
export const ports = { gateway: 3_600, https: 443, influx: 8_086 } as const;

/** Those that `c360 cost` counts; the ones of S3 and DynamoDB are gateways. */
const services = {
  Kinesis: InterfaceVpcEndpointAwsService.KINESIS_STREAMS,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
  Sns: InterfaceVpcEndpointAwsService.SNS,
  Kms: InterfaceVpcEndpointAwsService.KMS,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Monitoring: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
  Secrets: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Ecr: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
};

/** Subnets without a way to the internet but for the load balancer's, and who may speak to whom. */
export class NetworkStack extends StageStack {
  readonly vpc: Vpc;
  readonly groups: Record<"balancer" | "gateway" | "handlers", SecurityGroup>;

  constructor(scope: Construct, configuration: Configuration, keys: KeysStack) {
    super(scope, "Network", configuration);
    const zones = configuration.settings.availabilityZones;
    this.vpc = new Vpc(this, "Vpc", {
      ipAddresses: IpAddresses.cidr("10.36.0.0/16"),
      maxAzs: Math.max(leastZones, zones),
      natGateways: 0,
      subnetConfiguration: [
        { name: "public", subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: "private", subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
      ],
    });
    const log = new LogGroup(this, "FlowLog", {
      encryptionKey: keys.logs,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: this.removal,
    });
    this.vpc.addFlowLog("Flow", { destination: FlowLogDestination.toCloudWatchLogs(log) });
    const group = (id: string, allowAllOutbound: boolean): SecurityGroup =>
      new SecurityGroup(this, id, { vpc: this.vpc, allowAllOutbound });
    this.groups = {
      balancer: group("Balancer", false),
      gateway: group("Gateway", true),
      handlers: group("Handlers", true),
    };
    const { balancer, gateway } = this.groups;
    balancer.connections.allowFromAnyIpv4(Port.tcp(ports.https), "HTTPS of sources and of the console");
    explain(balancer, { EC23: "The load balancer is where sources and people come in; WAF and TLS stand before it." });
    gateway.connections.allowFrom(balancer, Port.tcp(ports.gateway));
    this.addEndpoints(zones);
  }

  private addEndpoints(zones: number): void {
    const group = new SecurityGroup(this, "Endpoints", { vpc: this.vpc, allowAllOutbound: false });
    for (const client of [this.groups.gateway, this.groups.handlers]) {
      group.connections.allowFrom(client, Port.tcp(ports.https));
    }
    this.vpc.addGatewayEndpoint("S3", { service: GatewayVpcEndpointAwsService.S3 });
    this.vpc.addGatewayEndpoint("DynamoDb", { service: GatewayVpcEndpointAwsService.DYNAMODB });
    for (const [id, service] of Object.entries(services)) {
      this.vpc.addInterfaceEndpoint(id, {
        service,
        open: false,
        privateDnsEnabled: true,
        securityGroups: [group],
        subnets: { subnets: this.vpc.isolatedSubnets.slice(0, zones) },
      });
    }
  }
}

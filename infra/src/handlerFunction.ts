import { Duration, type RemovalPolicy } from "aws-cdk-lib";
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { Alias, Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { ManagedPolicy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { explain, explainGrants } from "./explained.ts";
import type { HandlerCode, HandlerName } from "./handlers.ts";
import type { KeysStack } from "./keys.ts";
import type { NetworkStack } from "./network.ts";
import type { StageStack } from "./stageStack.ts";

const mbPerGb = 1_024;
const mostReady = 10;
const readyUse = 0.7;

export interface HandlerParts {
  readonly keys: KeysStack;
  readonly network: NetworkStack;
  readonly code: HandlerCode;
}

export interface HandlerOptions {
  readonly name: HandlerName;
  readonly gb: number;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  /** Of what was invoked asynchronously and failed. */
  readonly onFailure?: IQueue;
  /** Of its invocations; taken from what the account has for all. */
  readonly mostAtOnce?: number;
  /** Environments that are kept ready, and more of them by use. */
  readonly isKeptReady?: boolean;
}

export interface Handler {
  readonly run: LambdaFunction;
  /** What is invoked: a deployment shifts it to a new version, and back when its errors alarm. */
  readonly live: Alias;
}

/** A handler in private subnets with a role of its own, behind an alias that CodeDeploy shifts (blue/green). */
export function handlerFunction(stack: StageStack, parts: HandlerParts, options: HandlerOptions): Handler {
  const { name, gb, timeout, environment } = options;
  const run = new LambdaFunction(stack, name, {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: "index.handler",
    code: parts.code === null ? Code.fromInline("exports.handler = async () => {};") : Code.fromAsset(parts.code[name]),
    memorySize: Math.round(gb * mbPerGb),
    timeout,
    role: roleOf(stack, name),
    vpc: parts.network.vpc,
    vpcSubnets: { subnets: parts.network.vpc.isolatedSubnets },
    securityGroups: [parts.network.groups.handlers],
    environmentEncryption: parts.keys.logs,
    environment: { ...environment, NODE_OPTIONS: "--enable-source-maps", POWERTOOLS_SERVICE_NAME: name },
    tracing: Tracing.ACTIVE,
    logGroup: logOf(stack, name, parts.keys, stack.removal),
    ...(options.onFailure === undefined ? {} : { deadLetterQueue: options.onFailure }),
    ...(options.mostAtOnce === undefined ? {} : { reservedConcurrentExecutions: options.mostAtOnce }),
  });
  // CDK grants the queue, and not its key.
  options.onFailure?.encryptionMasterKey?.grantEncryptDecrypt(run);
  explain(run, { L1: "nodejs24.x is the newest runtime for Node; the rule's list is older." });
  const live = new Alias(stack, `${name}Live`, {
    aliasName: "live",
    version: run.currentVersion,
    ...(options.isKeptReady === true ? { provisionedConcurrentExecutions: 1 } : {}),
  });
  if (options.isKeptReady === true) {
    live.addAutoScaling({ minCapacity: 1, maxCapacity: mostReady }).scaleOnUtilization({ utilizationTarget: readyUse });
  }
  shiftSlowly(stack, name, live);
  return { run, live };
}

function shiftSlowly(stack: StageStack, name: string, live: Alias): void {
  const errors = new Metric({
    namespace: "AWS/Lambda",
    metricName: "Errors",
    dimensionsMap: { FunctionName: live.lambda.functionName, Resource: `${live.lambda.functionName}:live` },
    statistic: "Sum",
    period: Duration.minutes(1),
  });
  const group = new LambdaDeploymentGroup(stack, `${name}Deployment`, {
    alias: live,
    deploymentConfig:
      stack.configuration.environment === "prod"
        ? LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES
        : LambdaDeploymentConfig.ALL_AT_ONCE,
    alarms: [errors.createAlarm(stack, `${name}Errors`, { threshold: 1, evaluationPeriods: 1 })],
    autoRollback: { failedDeployment: true, deploymentInAlarm: true },
  });
  explain(group.role ?? group, {
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]":
      "CodeDeploy's own role for shifting an alias, kept by AWS.",
  });
}

function roleOf(stack: StageStack, name: string): Role {
  const role = new Role(stack, `${name}Role`, {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName("service-role/AWSLambdaVPCAccessExecutionRole")],
  });
  explain(role, {
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]":
      "Network interfaces and logs of a function in a VPC; AWS keeps it as the service changes.",
  });
  explainGrants(role, "X-Ray takes traces on all resources only: xray:PutTraceSegments, PutTelemetryRecords.");
  return role;
}

function logOf(stack: StageStack, name: string, keys: KeysStack, removalPolicy: RemovalPolicy): LogGroup {
  return new LogGroup(stack, `${name}Log`, {
    encryptionKey: keys.logs,
    retention: RetentionDays.ONE_MONTH,
    removalPolicy,
  });
}

import { Template } from "aws-cdk-lib/assertions";
import {
  deciderEnvironment,
  forwarderEnvironment,
  gatewayEnvironment,
  ingestEnvironment,
} from "@c360/platform/src/runtime/aws/environment.ts";
import { beforeAll, describe, expect, it, test } from "vitest";
import { parseConfiguration, readConfiguration } from "./configuration.ts";
import { addStages, newApp } from "./stages.ts";

type Properties = Record<string, unknown>;
type Stage = keyof ReturnType<typeof addStages>;
type Templates = Record<Stage, Template>;

/** Of stages that are not made there is none. */
function templatesOf(environment: "dev" | "prod", withPlanned: boolean): Templates {
  const before = process.env["CDK_VALIDATION"];
  process.env["CDK_VALIDATION"] = "false";
  try {
    const stages = addStages(newApp(), { ...readConfiguration(environment), withPlanned }, null);
    return Object.fromEntries(
      Object.entries(stages).flatMap(([name, stack]) => (stack === null ? [] : [[name, Template.fromStack(stack)]])),
    ) as Templates;
  } finally {
    if (before === undefined) delete process.env["CDK_VALIDATION"];
    else process.env["CDK_VALIDATION"] = before;
  }
}

let prod: Templates;
let dev: Templates;
/** With what nothing writes to yet. */
let planned: Templates;
beforeAll(() => {
  prod = templatesOf("prod", false);
  dev = templatesOf("dev", false);
  planned = templatesOf("prod", true);
});

function all(template: Template, type: string): [string, Properties][] {
  const found = Object.entries(template.findResources(type)).map(([id, { Properties }]): [string, Properties] => [
    id,
    (Properties ?? {}) as Properties,
  ]);
  expect(found.length).toBeGreaterThan(0);
  return found;
}

/** The one resource whose logical id begins so. */
function one(template: Template, type: string, start: string): Properties {
  const found = all(template, type).filter(([id]) => id.startsWith(start));
  expect(found.map(([id]) => id)).toHaveLength(1);
  return found[0]![1];
}

const text = (value: unknown): string => JSON.stringify(value);

describe("security", () => {
  it("encrypts every table, bucket, queue, topic, stream and log with a customer key", () => {
    for (const stages of [dev, prod]) {
      for (const [, table] of all(stages.storage, "AWS::DynamoDB::Table")) {
        expect(table).toMatchObject({ SSESpecification: { SSEEnabled: true, SSEType: "KMS" } });
      }
      const buckets = all(stages.storage, "AWS::S3::Bucket").filter(([id]) => !id.startsWith("AccessLogs"));
      expect(buckets).toHaveLength(3);
      for (const [, bucket] of buckets) expect(text(bucket["BucketEncryption"])).toContain("KMSMasterKeyID");
      for (const [id, queue] of all(stages.stream, "AWS::SQS::Queue")) {
        // Where SNS leaves what it could not deliver, a key of ours would be a second way to lose it.
        if (id.startsWith("TopicDeadLetters")) expect(queue["SqsManagedSseEnabled"]).toBe(true);
        else expect(queue["KmsMasterKeyId"]).toBeDefined();
      }
      for (const [, topic] of all(stages.stream, "AWS::SNS::Topic")) expect(topic["KmsMasterKeyId"]).toBeDefined();
      expect(text(all(stages.stream, "AWS::Kinesis::Stream"))).toContain(`"EncryptionType":"KMS"`);
      for (const stage of ["network", "stream", "edge", "processing"] as const) {
        for (const [, log] of all(stages[stage], "AWS::Logs::LogGroup")) expect(log["KmsKeyId"]).toBeDefined();
      }
    }
    expect(text(all(planned.projections, "AWS::OpenSearchService::Domain"))).toContain("KmsKeyId");
    expect(one(prod.storage, "AWS::SecretsManager::Secret", "HashKey")["KmsKeyId"]).toBeDefined();
    const keys = all(prod.keys, "AWS::KMS::Key");
    expect(keys).toHaveLength(6);
    for (const [, key] of keys) expect(key["EnableKeyRotation"]).toBe(true);
  });

  it("lets nobody read a bucket from outside, nor without TLS, and tiers what lies there", () => {
    for (const [id, bucket] of all(prod.storage, "AWS::S3::Bucket")) {
      expect(Object.values(bucket["PublicAccessBlockConfiguration"] as object)).toEqual([true, true, true, true]);
      if (id.startsWith("AccessLogs")) continue;
      expect(text(bucket["LifecycleConfiguration"])).toContain("INTELLIGENT_TIERING");
      expect(bucket["VersioningConfiguration"]).toEqual({ Status: "Enabled" });
      // The state counts on all of the log.
      if (id.startsWith("Raw")) expect(text(bucket["LifecycleConfiguration"])).not.toContain("ExpirationInDays");
    }
    for (const [, policy] of all(prod.storage, "AWS::S3::BucketPolicy")) {
      expect(text(policy)).toContain(`"aws:SecureTransport":"false"`);
    }
  });

  it("has no way from private subnets to the internet, and endpoints for the services that are used", () => {
    expect(prod.network.findResources("AWS::EC2::NatGateway")).toEqual({});
    const endpoints = all(prod.network, "AWS::EC2::VPCEndpoint").map(([, each]) => each);
    expect(endpoints.filter((each) => each["VpcEndpointType"] === "Interface")).toHaveLength(9);
    expect(endpoints.filter((each) => each["VpcEndpointType"] === "Gateway")).toHaveLength(2);
    for (const stage of ["stream", "processing"] as const) {
      for (const [, run] of all(prod[stage], "AWS::Lambda::Function")) {
        expect(text(run["VpcConfig"])).toContain("privateSubnet");
        expect(run["KmsKeyArn"]).toBeDefined();
        expect(run["Runtime"]).toBe("nodejs24.x");
      }
    }
    expect(text(all(prod.edge, "AWS::ECS::Service"))).toContain(`"AssignPublicIp":"DISABLED"`);
    expect(one(planned.projections, "AWS::Timestream::InfluxDBInstance", "Metrics")["PubliclyAccessible"]).toBe(false);
  });

  it("opens only HTTPS of the balancer to the world", () => {
    const open = all(prod.network, "AWS::EC2::SecurityGroup").filter(([, group]) =>
      text(group["SecurityGroupIngress"] ?? []).includes("0.0.0.0/0"),
    );
    expect(open.map(([id]) => id.replace(/[0-9A-F]{8}$/, ""))).toEqual(["Balancer"]);
    expect(open[0]![1]["SecurityGroupIngress"]).toMatchObject([{ FromPort: 443, ToPort: 443 }]);
    for (const [, rule] of all(prod.network, "AWS::EC2::SecurityGroupIngress")) {
      expect(rule["SourceSecurityGroupId"]).toBeDefined();
    }
  });

  it("grants no role all actions, and all resources only where AWS knows no other", () => {
    const alone = /^(xray:|ecr:GetAuthorizationToken|lakeformation:GetDataAccess)/;
    let statements = 0;
    for (const template of Object.values(planned)) {
      for (const policy of Object.values(template.findResources("AWS::IAM::Policy"))) {
        for (const { Action, Resource } of policy["Properties"].PolicyDocument.Statement) {
          statements += 1;
          const actions: string[] = [Action].flat();
          expect(actions.filter((action) => action === "*" || /^\w+:\*$/.test(action))).toEqual([]);
          if (Resource === "*") expect(actions.filter((action) => !alone.test(action))).toEqual([]);
        }
      }
    }
    expect(statements).toBeGreaterThan(30);
  });

  it("keeps what a prod environment holds, and can go back in time", () => {
    for (const [, table] of all(prod.storage, "AWS::DynamoDB::Table")) {
      expect(table).toMatchObject({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    }
    for (const type of ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"]) {
      for (const resource of Object.values(prod.storage.findResources(type))) {
        expect(resource["DeletionPolicy"]).toBe("Retain");
      }
    }
    for (const domain of Object.values(planned.projections.findResources("AWS::OpenSearchService::Domain"))) {
      expect(domain["DeletionPolicy"]).toBe("Retain");
    }
  });

  it("tags each column of events, and shows analysts what is nobody's", () => {
    const columns = all(planned.governance, "AWS::LakeFormation::TagAssociation").flatMap(
      ([, { Resource }]) => (Resource as never)["TableWithColumns"]["ColumnNames"] as string[],
    );
    const { TableInput } = one(planned.analytics, "AWS::Glue::Table", "Events");
    const named = (TableInput as never)["StorageDescriptor"]["Columns"] as { Name: string }[];
    expect(columns.toSorted()).toEqual(named.map(({ Name }) => Name).toSorted());
    const analysts = one(planned.governance, "AWS::LakeFormation::PrincipalPermissions", "AnalystsSee");
    expect(text(analysts["Resource"])).toContain(`"TagValues":["internal"]`);
  });

  it("trails every object of the three buckets, in files that cannot be changed unseen", () => {
    const trail = one(prod.governance, "AWS::CloudTrail::Trail", "Trail");
    expect(trail).toMatchObject({ IsLogging: true, EnableLogFileValidation: true });
    expect(trail["KMSKeyId"]).toBeDefined();
    const selectors = text(trail["AdvancedEventSelectors"]);
    for (const bucket of ["Raw", "Processed", "DeadLetter"]) expect(selectors).toMatch(new RegExp(`FnGetAtt${bucket}`));
  });
});

describe("the diagram", () => {
  it("ALB → WAF and gateway on Fargate, by HTTPS", () => {
    expect(text(all(prod.edge, "AWS::WAFv2::WebACLAssociation"))).toContain("Balancer");
    expect(one(prod.edge, "AWS::ElasticLoadBalancingV2::Listener", "Balancer")).toMatchObject({ Protocol: "HTTPS" });
    const [[, balancer]] = all(prod.edge, "AWS::ElasticLoadBalancingV2::LoadBalancer") as [[string, Properties]];
    expect(balancer["LoadBalancerAttributes"]).toContainEqual({ Key: "access_logs.s3.enabled", Value: "true" });
    expect(text(all(prod.storage, "AWS::S3::BucketPolicy"))).toContain(
      "logdelivery.elasticloadbalancing.amazonaws.com",
    );
    const service = one(prod.edge, "AWS::ECS::Service", "Gateway");
    expect(service).toMatchObject({ LaunchType: "FARGATE", LoadBalancers: [{ ContainerPort: 3_600 }] });
    // How many there are is for scaling to say: a deployment would set it back.
    expect(service["DesiredCount"]).toBeUndefined();
    expect(text(one(prod.edge, "AWS::ECS::TaskDefinition", "Task"))).toContain(`"StopTimeout":60`);
    const ofTables = text(all(prod.edge, "AWS::IAM::Policy")).match(/dynamodb:\w+/g);
    expect(new Set(ofTables)).toEqual(new Set(["dynamodb:GetItem"]));
  });

  it("gateway → SQS, gateway → SNS → SQS", () => {
    const task = text(one(prod.edge, "AWS::ECS::TaskDefinition", "Task"));
    expect(one(prod.storage, "AWS::ECR::Repository", "Images")["ImageTagMutability"]).toBe("IMMUTABLE");
    expect(task).toContain(":0.1.0");
    expect(text(all(prod.edge, "AWS::IAM::Policy"))).toContain("ecr:BatchGetImage");
    for (const name of [
      "C360_AWS_QUEUE_URL",
      "C360_AWS_TOPIC_ARN",
      "C360_AWS_ACCESS_TABLE",
      "C360_AWS_HASH_KEY_SECRET",
    ]) {
      expect(task).toContain(name);
    }
    const granted = text(all(prod.edge, "AWS::IAM::Policy"));
    expect(granted).toContain("sqs:SendMessage");
    expect(granted).toContain("sns:Publish");
    expect(one(prod.stream, "AWS::SNS::Subscription", "FanOutQueue")).toMatchObject({
      Protocol: "sqs",
      RawMessageDelivery: true,
      RedrivePolicy: { deadLetterTargetArn: expect.anything() },
    });
    expect(one(prod.stream, "AWS::SQS::Queue", "TopicDeadLetters")["KmsMasterKeyId"]).toBeUndefined();
  });

  it("both queues → forwarder → Kinesis, with partial failures and a queue of dead letters", () => {
    const sources = all(prod.stream, "AWS::Lambda::EventSourceMapping").filter(([, each]) => !each["StartingPosition"]);
    expect(sources).toHaveLength(2);
    for (const [, source] of sources) {
      expect(source["FunctionResponseTypes"]).toEqual(["ReportBatchItemFailures"]);
      expect(text(source["FunctionName"])).toContain("forwarderLive");
    }
    const queues = all(prod.stream, "AWS::SQS::Queue");
    const redriven = queues.filter(([, queue]) => queue["RedrivePolicy"] !== undefined);
    expect(redriven).toHaveLength(2);
    for (const [, queue] of redriven) {
      expect(queue).toMatchObject({ MessageRetentionPeriod: 345_600, RedrivePolicy: { maxReceiveCount: 10 } });
    }
    expect(text(all(prod.stream, "AWS::Lambda::Function").filter(([id]) => id.startsWith("forwarder")))).toContain(
      "C360_AWS_STREAM",
    );
    expect(text(one(prod.stream, "AWS::IAM::Policy", "forwarderRole"))).toContain("kinesis:PutRecords");
  });

  it("Kinesis → ingest, within bounds, to raw S3", () => {
    const [[, source]] = all(prod.stream, "AWS::Lambda::EventSourceMapping").filter(
      ([, each]) => each["StartingPosition"],
    ) as [[string, Properties]];
    expect(source).toMatchObject({
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      MaximumRetryAttempts: 10_000,
      MaximumRecordAgeInSeconds: 79_200,
      BatchSize: 500,
    });
    expect(text(source["DestinationConfig"])).toContain("IngestDeadLetters");
    const granted = text(one(prod.stream, "AWS::IAM::Policy", "ingestRole"));
    for (const action of ["dynamodb:UpdateItem", "s3:PutObject", "s3:GetObject*"]) expect(granted).toContain(action);
  });

  it("segments of raw S3, and the clock → decider → DynamoDB", () => {
    const segments = one(prod.processing, "AWS::Events::Rule", "Segments");
    expect(text(segments["EventPattern"])).toContain(`"prefix":"raw/"`);
    expect(text(segments["Targets"])).toContain("decideLive");
    const clock = one(prod.processing, "AWS::Events::Rule", "Clock");
    expect(clock["ScheduleExpression"]).toBe("rate(1 minute)");
    expect(text(clock["Targets"])).toContain("decideLive");
    expect(text(one(prod.storage, "AWS::S3::Bucket", "Raw"))).toContain("EventBridgeConfiguration");
    expect(one(prod.storage, "AWS::DynamoDB::Table", "stateTable")["TimeToLiveSpecification"]).toEqual({
      AttributeName: "expires",
      Enabled: true,
    });
    const [[, run]] = all(prod.processing, "AWS::Lambda::Function") as [[string, Properties]];
    expect(run).toMatchObject({ Timeout: 900, ReservedConcurrentExecutions: 2 });
    expect(text(all(prod.processing, "AWS::Lambda::EventInvokeConfig"))).toContain(`"MaximumRetryAttempts":0`);
    const granted = text(one(prod.processing, "AWS::IAM::Policy", "decideRole"));
    // What it leaves in its dead letters is encrypted by the stream's key.
    expect(granted).toMatch(/kms:GenerateDataKey\*[^\]]*\][^}]*\}?[^}]*ExportsOutputFnGetAttstream/i);
    for (const action of ["dynamodb:PutItem", "dynamodb:ConditionCheckItem", "secretsmanager:GetSecretValue"]) {
      expect(granted).toContain(action);
    }
  });

  it("makes nothing that no code writes to or reads, unless it is asked for", () => {
    expect([dev.projections, dev.analytics, prod.projections, prod.analytics]).toEqual(Array(4).fill(undefined));
    const paid = /^AWS::(Glue|EMRServerless|OpenSearchService|Timestream|Athena|LakeFormation)::/;
    const typesOf = (stages: Templates): string[] =>
      Object.values(stages).flatMap((template) =>
        Object.values(template.toJSON()["Resources"] as Record<string, { Type: string }>).map(({ Type }) => Type),
      );
    for (const stages of [dev, prod]) expect(typesOf(stages).filter((type) => paid.test(type))).toEqual([]);
    expect(typesOf(planned).filter((type) => paid.test(type)).length).toBeGreaterThan(5);
  });

  it("of what is planned: Athena over the catalog of the processed lake", () => {
    const { TableInput } = one(planned.analytics, "AWS::Glue::Table", "Events");
    expect(text(TableInput)).toContain("RefProcessed");
    expect(text(one(planned.analytics, "AWS::Athena::WorkGroup", "Queries"))).toContain("SSE_KMS");
  });

  it("each handler is shifted by CodeDeploy, and back on errors", () => {
    for (const [stage, count] of [
      ["stream", 2],
      ["processing", 1],
    ] as const) {
      const groups = all(prod[stage], "AWS::CodeDeploy::DeploymentGroup");
      expect(groups).toHaveLength(count);
      for (const [, group] of groups) {
        expect(text(group["AutoRollbackConfiguration"])).toContain("DEPLOYMENT_STOP_ON_ALARM");
        expect(text(group["AlarmConfiguration"])).toContain("Errors");
      }
    }
    expect(text(all(prod.stream, "AWS::Lambda::Alias"))).toContain(`"ProvisionedConcurrentExecutions":1`);
    expect(text(all(prod.stream, "AWS::ApplicationAutoScaling::ScalableTarget"))).toContain("ProvisionedConcurrency");
  });

  it("alarms for age, lag, dead letters, throttles and errors reach the topic, and a budget watches", () => {
    const alarms = all(prod.observability, "AWS::CloudWatch::Alarm");
    expect(alarms.length).toBeGreaterThanOrEqual(20);
    for (const [, alarm] of alarms) expect(text(alarm["AlarmActions"])).toContain("Alarms");
    const [[, policy]] = all(prod.observability, "AWS::SNS::TopicPolicy") as [[string, Properties]];
    expect((policy["PolicyDocument"] as { Statement: Properties[] }).Statement).toContainEqual(
      expect.objectContaining({ Effect: "Allow", Principal: { Service: "cloudwatch.amazonaws.com" } }),
    );
    const metrics = new Set(alarms.map(([, alarm]) => alarm["MetricName"]));
    for (const metric of [
      "ApproximateAgeOfOldestMessage",
      "GetRecords.IteratorAgeMilliseconds",
      "ApproximateNumberOfMessagesVisible",
      "WriteProvisionedThroughputExceeded",
      "Errors",
      "Throttles",
    ]) {
      expect(metrics).toContain(metric);
    }
    expect(text(all(prod.observability, "AWS::Budgets::Budget"))).toContain(`"Amount":3000`);
  });
});

describe("what functions and the gateway are given", () => {
  /** References become names that a reader takes. */
  function given(variables: unknown, values: Record<string, string>): Record<string, string> {
    const pairs = Array.isArray(variables)
      ? variables.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, Value] as const)
      : Object.entries(variables as Properties);
    return Object.fromEntries(
      pairs.map(([name, value]) => [name, typeof value === "string" ? value : (values[name] ?? "some-name")]),
    );
  }
  const lambda = (stage: Stage, name: string): unknown =>
    (one(prod[stage], "AWS::Lambda::Function", name)["Environment"] as { Variables: unknown }).Variables;

  it.each([
    ["stream", "forwarder", forwarderEnvironment],
    ["stream", "ingest", ingestEnvironment],
    ["processing", "decide", deciderEnvironment],
  ] as const)("%s: %s is what its code reads, and no more", (stage, name, read) => {
    const environment = given(lambda(stage, name), {});
    expect(() => read(environment)).not.toThrow();
    expect(namesRead(read, environment)).toEqual(
      expect.arrayContaining(Object.keys(environment).filter((each) => each.startsWith("C360_"))),
    );
  });

  it("the gateway's container too, on the port that the balancer asks", () => {
    const [container] = one(prod.edge, "AWS::ECS::TaskDefinition", "Task")["ContainerDefinitions"] as [
      { Environment: unknown; PortMappings: { ContainerPort: number }[] },
    ];
    const environment = given(container.Environment, {
      C360_AWS_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/queue",
      C360_AWS_TOPIC_ARN: "arn:aws:sns:eu-central-1:123456789012:topic",
    });
    expect(gatewayEnvironment(environment).port).toBe(container.PortMappings[0]?.ContainerPort);
    expect(namesRead(gatewayEnvironment, environment)).toEqual(expect.arrayContaining(Object.keys(environment)));
  });
});

/** Which variables a reader asks for. */
function namesRead(read: (environment: NodeJS.ProcessEnv) => unknown, environment: Record<string, string>): string[] {
  const names = new Set<string>();
  read(
    new Proxy(environment, {
      get: (target, name) => {
        names.add(String(name));
        return Reflect.get(target, name);
      },
    }),
  );
  return [...names];
}

describe("an environment's file", () => {
  const file = { ...JSON.parse(`{"environment":"dev","stream":"on-demand","functions":"on-demand","settings":{}}`) };
  const rest = {
    gatewayVersion: "1",
    certificateArn: null,
    alarmEmail: null,
    budgetUsdPerMonth: 1,
    homeCurrency: "EUR",
    withPlanned: false,
    isKept: false,
  };

  it("has the settings of c360 cost", () => {
    const given = parseConfiguration(text({ ...file, ...rest, settings: { lakeMonths: 1 } }), "x.json");
    expect(given.settings).toMatchObject({ lakeMonths: 1, gatewayTasks: 1 });
  });

  test.each([
    [{ settings: { shards: 3 } }, "There is no setting shards."],
    [{ settings: { lakeMonths: 0 } }, "lakeMonths cannot be 0."],
    [{ stream: "fast" }, "x.json/stream"],
    [{ other: 1 }, "x.json"],
    [{ certificateArn: "mine" }, "x.json/certificateArn"],
  ])("is refused with its place: %j", (change, message) => {
    expect(() => parseConfiguration(text({ ...file, ...rest, ...change }), "x.json")).toThrow(message);
  });
});

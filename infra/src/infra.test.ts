import { Template } from "aws-cdk-lib/assertions";
import { beforeAll, describe, expect, it, test } from "vitest";
import { parseConfiguration, readConfiguration } from "./configuration.ts";
import { addStages, newApp } from "./stages.ts";

type Properties = Record<string, unknown>;
type Templates = Record<keyof ReturnType<typeof addStages>, Template>;

function templatesOf(environment: "dev" | "prod"): Templates {
  const before = process.env["CDK_VALIDATION"];
  process.env["CDK_VALIDATION"] = "false";
  try {
    const stages = addStages(newApp(), readConfiguration(environment), null);
    return Object.fromEntries(
      Object.entries(stages).map(([name, stack]) => [name, Template.fromStack(stack)]),
    ) as Templates;
  } finally {
    if (before === undefined) delete process.env["CDK_VALIDATION"];
    else process.env["CDK_VALIDATION"] = before;
  }
}

let prod: Templates;
let dev: Templates;
beforeAll(() => {
  prod = templatesOf("prod");
  dev = templatesOf("dev");
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
      for (const [, queue] of all(stages.stream, "AWS::SQS::Queue")) expect(queue["KmsMasterKeyId"]).toBeDefined();
      for (const [, topic] of all(stages.stream, "AWS::SNS::Topic")) expect(topic["KmsMasterKeyId"]).toBeDefined();
      expect(text(all(stages.stream, "AWS::Kinesis::Stream"))).toContain(`"EncryptionType":"KMS"`);
      for (const stage of ["network", "storage", "stream", "edge", "processing"] as const) {
        for (const [, log] of all(stages[stage], "AWS::Logs::LogGroup")) expect(log["KmsKeyId"]).toBeDefined();
      }
      expect(text(all(stages.storage, "AWS::OpenSearchService::Domain"))).toContain("KmsKeyId");
    }
    const keys = all(prod.keys, "AWS::KMS::Key");
    expect(keys).toHaveLength(6);
    for (const [, key] of keys) expect(key["EnableKeyRotation"]).toBe(true);
  });

  it("lets nobody read a bucket from outside, nor without TLS, and tiers what lies there", () => {
    for (const [id, bucket] of all(prod.storage, "AWS::S3::Bucket")) {
      expect(Object.values(bucket["PublicAccessBlockConfiguration"] as object)).toEqual([true, true, true, true]);
      if (!id.startsWith("AccessLogs")) expect(text(bucket["LifecycleConfiguration"])).toContain("INTELLIGENT_TIERING");
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
    expect(one(prod.storage, "AWS::Timestream::InfluxDBInstance", "Metrics")["PubliclyAccessible"]).toBe(false);
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
    for (const template of Object.values(prod)) {
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
    for (const type of ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::OpenSearchService::Domain"]) {
      for (const resource of Object.values(prod.storage.findResources(type))) {
        expect(resource["DeletionPolicy"]).toBe("Retain");
      }
    }
  });

  it("tags each column of events, and shows analysts what is nobody's", () => {
    const columns = all(prod.governance, "AWS::LakeFormation::TagAssociation").flatMap(
      ([, { Resource }]) => (Resource as never)["TableWithColumns"]["ColumnNames"] as string[],
    );
    const { TableInput } = one(prod.analytics, "AWS::Glue::Table", "Events");
    const named = (TableInput as never)["StorageDescriptor"]["Columns"] as { Name: string }[];
    expect(columns.toSorted()).toEqual(named.map(({ Name }) => Name).toSorted());
    const analysts = one(prod.governance, "AWS::LakeFormation::PrincipalPermissions", "AnalystsSee");
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
    const service = one(prod.edge, "AWS::ECS::Service", "Gateway");
    expect(service).toMatchObject({ LaunchType: "FARGATE", LoadBalancers: [{ ContainerPort: 3_600 }] });
  });

  it("gateway → SQS, gateway → SNS → SQS", () => {
    const task = text(one(prod.edge, "AWS::ECS::TaskDefinition", "Task"));
    for (const name of ["C360_AWS_QUEUE_URL", "C360_AWS_TOPIC_ARN", "C360_AWS_ACCESS_TABLE"]) {
      expect(task).toContain(name);
    }
    const granted = text(all(prod.edge, "AWS::IAM::Policy"));
    expect(granted).toContain("sqs:SendMessage");
    expect(granted).toContain("sns:Publish");
    expect(one(prod.stream, "AWS::SNS::Subscription", "FanOutQueue")).toMatchObject({
      Protocol: "sqs",
      RawMessageDelivery: true,
    });
  });

  it("both queues → forwarder → Kinesis, with partial failures and a queue of dead letters", () => {
    const sources = all(prod.stream, "AWS::Lambda::EventSourceMapping").filter(([, each]) => !each["StartingPosition"]);
    expect(sources).toHaveLength(2);
    for (const [, source] of sources) {
      expect(source["FunctionResponseTypes"]).toEqual(["ReportBatchItemFailures"]);
      expect(text(source["FunctionName"])).toContain("forwarderLive");
    }
    const queues = all(prod.stream, "AWS::SQS::Queue");
    expect(queues.filter(([, queue]) => queue["RedrivePolicy"] !== undefined)).toHaveLength(2);
    expect(text(all(prod.stream, "AWS::Lambda::Function").filter(([id]) => id.startsWith("forwarder")))).toContain(
      "C360_AWS_STREAM",
    );
    expect(text(one(prod.stream, "AWS::IAM::Policy", "forwarderRole"))).toContain("kinesis:PutRecords");
  });

  it("Kinesis → ingest, within bounds, to DynamoDB, OpenSearch, Timestream and raw S3", () => {
    const [[, source]] = all(prod.stream, "AWS::Lambda::EventSourceMapping").filter(
      ([, each]) => each["StartingPosition"],
    ) as [[string, Properties]];
    expect(source).toMatchObject({
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      MaximumRetryAttempts: 10,
      MaximumRecordAgeInSeconds: 21_600,
      BatchSize: 500,
    });
    expect(text(source["DestinationConfig"])).toContain("IngestDeadLetters");
    const environment = text(all(prod.stream, "AWS::Lambda::Function").filter(([id]) => id.startsWith("ingest")));
    for (const name of ["RAW_BUCKET", "RAW_HEAD_TABLE", "STATE_TABLE", "SEARCH_URL", "METRICS_URL"]) {
      expect(environment).toContain(`C360_AWS_${name}`);
    }
    const granted = text(one(prod.stream, "AWS::IAM::Policy", "ingestRole"));
    for (const action of ["dynamodb:UpdateItem", "es:ESHttpPut", "s3:PutObject", "secretsmanager:GetSecretValue"]) {
      expect(granted).toContain(action);
    }
  });

  it("files in S3 raw → S3 processor; segments and the clock → data processor", () => {
    const files = one(prod.processing, "AWS::Events::Rule", "Files");
    expect(text(files["EventPattern"])).toContain(`"prefix":"files/"`);
    expect(text(files["Targets"])).toContain("s3ProcessorLive");
    expect(text(one(prod.processing, "AWS::Events::Rule", "Segments")["Targets"])).toContain("dataProcessorLive");
    const clock = one(prod.processing, "AWS::Events::Rule", "Clock");
    expect(clock["ScheduleExpression"]).toBe("rate(5 minutes)");
    expect(text(clock["Targets"])).toContain("dataProcessorLive");
    expect(text(one(prod.storage, "AWS::S3::Bucket", "Raw"))).toContain("EventBridgeConfiguration");
    expect(text(one(prod.processing, "AWS::IAM::Policy", "s3ProcessorRole"))).toContain("kinesis:PutRecords");
  });

  it("Glue every night from raw to processed, EMR for a rebuild, Athena over the catalog", () => {
    const job = one(prod.processing, "AWS::Glue::Job", "Nightly");
    expect(text(job["DefaultArguments"])).toMatch(/FnGetAttRaw|RefRaw/);
    expect(text(one(prod.processing, "AWS::Glue::Trigger", "Night")["Actions"])).toContain("Nightly");
    expect(one(prod.processing, "AWS::EMRServerless::Application", "Rebuild")["Type"]).toBe("SPARK");
    const { TableInput } = one(prod.analytics, "AWS::Glue::Table", "Events");
    expect(text(TableInput)).toContain("RefProcessed");
    expect(text(one(prod.analytics, "AWS::Athena::WorkGroup", "Queries"))).toContain("SSE_KMS");
  });

  it("each handler is shifted by CodeDeploy, and back on errors", () => {
    for (const [stage, count] of [
      ["stream", 2],
      ["processing", 2],
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
    expect(alarms.length).toBeGreaterThan(20);
    for (const [, alarm] of alarms) expect(text(alarm["AlarmActions"])).toContain("Alarms");
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

describe("an environment's file", () => {
  const file = { ...JSON.parse(`{"environment":"dev","stream":"on-demand","functions":"on-demand","settings":{}}`) };
  const rest = { gatewayImage: null, certificateArn: null, alarmEmail: null, budgetUsdPerMonth: 1, isKept: false };

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

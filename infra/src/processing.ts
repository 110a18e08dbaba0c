import { Duration } from "aws-cdk-lib";
import { CfnApplication } from "aws-cdk-lib/aws-emrserverless";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { CfnJob, CfnSecurityConfiguration, CfnTrigger } from "aws-cdk-lib/aws-glue";
import { Grant, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { explain, explainGrants } from "./explained.ts";
import { grantStores, type StoreParts, storeVariables } from "./grants.ts";
import { type Handler, handlerFunction, type HandlerParts } from "./handlerFunction.ts";
import { type HandlerName, variables } from "./handlers.ts";
import { StageStack } from "./stageStack.ts";
import type { StreamStack } from "./stream.ts";

/** Where the job's code lies in the processed lake's bucket, and where files to import come in the raw one. */
export const places = { code: "code/", files: "files/", raw: "raw/" } as const;
const runEvery = Duration.minutes(5);
const mostEventAge = Duration.hours(6);
const retries = 2;

export interface ProcessingParts extends HandlerParts, StoreParts {
  readonly stream: StreamStack;
}

/** Files and raw segments to their processors by events, the data processor by the clock too; Glue at night, EMR when asked. */
export class ProcessingStack extends StageStack {
  readonly deadLetters: Queue;
  readonly s3Processor: Handler;
  readonly dataProcessor: Handler;
  readonly jobRole: Role;
  readonly rebuildRole: Role;
  private readonly parts: ProcessingParts;

  constructor(scope: Construct, configuration: Configuration, parts: ProcessingParts) {
    super(scope, "Processing", configuration);
    this.parts = parts;
    const { stream, storage, keys } = parts;
    this.deadLetters = new Queue(this, "DeadLetters", {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: keys.stream,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    explain(this.deadLetters, { SQS3: "It is itself where dead letters lie." });
    this.s3Processor = this.handler("s3Processor", { [variables.stream]: stream.stream.streamName });
    stream.stream.grantWrite(this.s3Processor.run);
    this.dataProcessor = this.handler("dataProcessor", {});
    this.onObjects("Files", storage.raw, places.files, this.s3Processor);
    this.onObjects("Segments", storage.raw, places.raw, this.dataProcessor);
    new Rule(this, "Clock", { schedule: Schedule.rate(runEvery), targets: [this.target(this.dataProcessor)] });
    this.jobRole = this.batchRole("JobRole", "glue.amazonaws.com");
    this.rebuildRole = this.batchRole("RebuildRole", "emr-serverless.amazonaws.com");
    this.nightlyJob();
    this.rebuild();
  }

  private handler(name: HandlerName, environment: Record<string, string>): Handler {
    const { storage } = this.parts;
    const handler = handlerFunction(this, this.parts, {
      name,
      gb: this.configuration.settings.lambdaGb,
      timeout: Duration.minutes(5),
      environment: { ...storeVariables(storage), ...environment },
      onFailure: this.deadLetters,
    });
    grantStores(handler.run, storage);
    return handler;
  }

  private target(handler: Handler): LambdaFunction {
    const options = { deadLetterQueue: this.deadLetters, maxEventAge: mostEventAge, retryAttempts: retries };
    return new LambdaFunction(handler.live, options);
  }

  private onObjects(id: string, bucket: Bucket, prefix: string, handler: Handler): void {
    new Rule(this, id, {
      eventPattern: {
        source: ["aws.s3"],
        detailType: ["Object Created"],
        detail: { bucket: { name: [bucket.bucketName] }, object: { key: [{ prefix }] } },
      },
      targets: [this.target(handler)],
    });
  }

  private batchRole(id: string, service: string): Role {
    const { storage } = this.parts;
    const role = new Role(this, id, { assumedBy: new ServicePrincipal(service) });
    storage.raw.grantRead(role);
    storage.processed.grantReadWrite(role);
    Grant.addToPrincipal({
      grantee: role,
      actions: ["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions", "glue:CreateTable", "glue:UpdateTable"],
      resourceArns: ["catalog", "database/c360", "table/c360/*"].map((resource) =>
        this.formatArn({ service: "glue", resource }),
      ),
    });
    Grant.addToPrincipal({ grantee: role, actions: ["lakeformation:GetDataAccess"], resourceArns: ["*"] });
    Grant.addToPrincipal({
      grantee: role,
      actions: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"],
      resourceArns: [this.formatArn({ service: "logs", resource: "log-group:/aws-glue/*" })],
    });
    this.parts.keys.logs.grantEncryptDecrypt(role);
    explainGrants(role, "Lake Formation decides by its own grants: lakeformation:GetDataAccess knows no resource.");
    const own = "arn:<AWS::Partition>";
    const here = "<AWS::Region>:<AWS::AccountId>";
    explain(role, {
      [`IAM5[Resource::${own}:glue:${here}:table/c360/*]`]: "The tables of one database, which the job makes.",
      [`IAM5[Resource::${own}:logs:${here}:log-group:/aws-glue/*]`]: "Glue names its log groups and streams itself.",
    });
    return role;
  }

  private nightlyJob(): void {
    const { keys, storage } = this.parts;
    const security = new CfnSecurityConfiguration(this, "JobSecurity", {
      name: `${this.stackName}-job`,
      encryptionConfiguration: {
        cloudWatchEncryption: { cloudWatchEncryptionMode: "SSE-KMS", kmsKeyArn: keys.logs.keyArn },
        jobBookmarksEncryption: { jobBookmarksEncryptionMode: "CSE-KMS", kmsKeyArn: keys.lake.keyArn },
        s3Encryptions: [{ s3EncryptionMode: "SSE-KMS", kmsKeyArn: keys.lake.keyArn }],
      },
    });
    const name = `${this.stackName}-nightly`;
    const job = new CfnJob(this, "Nightly", {
      name,
      role: this.jobRole.roleArn,
      glueVersion: "5.1",
      workerType: "G.1X",
      numberOfWorkers: 2,
      maxRetries: 1,
      timeout: 180,
      executionProperty: { maxConcurrentRuns: 1 },
      securityConfiguration: security.ref,
      command: {
        name: "glueetl",
        pythonVersion: "3",
        scriptLocation: storage.processed.s3UrlForObject(`${places.code}nightly.py`),
      },
      defaultArguments: {
        "--datalake-formats": "iceberg",
        "--enable-auto-scaling": "true",
        "--enable-metrics": "true",
        "--raw": storage.raw.s3UrlForObject(places.raw),
        "--warehouse": storage.processed.s3UrlForObject("tables/"),
        "--database": "c360",
      },
    });
    new CfnTrigger(this, "Night", {
      type: "SCHEDULED",
      schedule: "cron(15 2 * * ? *)",
      startOnCreation: true,
      actions: [{ jobName: job.ref }],
    });
  }

  private rebuild(): void {
    const { network } = this.parts;
    new CfnApplication(this, "Rebuild", {
      name: `${this.stackName}-rebuild`,
      releaseLabel: "emr-7.12.0",
      type: "SPARK",
      architecture: "ARM64",
      autoStartConfiguration: { enabled: true },
      autoStopConfiguration: { enabled: true, idleTimeoutMinutes: 15 },
      maximumCapacity: { cpu: "64 vCPU", memory: "256 GB" },
      networkConfiguration: {
        subnetIds: network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
        securityGroupIds: [network.groups.handlers.securityGroupId],
      },
    });
  }
}

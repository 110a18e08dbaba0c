import { Aws } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { StageStack } from "./stageStack.ts";

/** Governance's keys, which everything else is encrypted with: six, as `c360 cost` counts them. */
export class KeysStack extends StageStack {
  readonly stream = this.key("Stream", ["sns.amazonaws.com", "events.amazonaws.com", "cloudwatch.amazonaws.com"]);
  readonly tables = this.key("Tables", []);
  readonly lake = this.key("Lake", ["delivery.logs.amazonaws.com"]);
  readonly search = this.key("Search", []);
  readonly trail = this.key("Trail", ["cloudtrail.amazonaws.com"]);
  readonly logs = this.key("Logs", [`logs.${Aws.REGION}.amazonaws.com`]);

  constructor(scope: Construct, configuration: Configuration) {
    super(scope, "Keys", configuration);
  }

  private key(name: string, services: readonly string[]): Key {
    const key = new Key(this, name, {
      enableKeyRotation: true,
      alias: `c360/${this.configuration.environment}/${name.toLowerCase()}`,
      removalPolicy: this.removal,
    });
    for (const service of services) {
      key.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal(service)],
          actions: ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
          resources: ["*"],
        }),
      );
    }
    return key;
  }
}

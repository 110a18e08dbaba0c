import { Fn, RemovalPolicy, Stack, Tags } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";

const mostZones = 6;

/** One stage of the diagram. It knows no account and no region, so that it is made without asking one. */
export class StageStack extends Stack {
  readonly configuration: Configuration;
  readonly removal: RemovalPolicy;

  constructor(scope: Construct, stage: string, configuration: Configuration) {
    super(scope, stage, { stackName: `c360-${configuration.environment}-${stage.toLowerCase()}` });
    this.configuration = configuration;
    this.removal = configuration.isKept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    Tags.of(this).add("c360:environment", configuration.environment);
  }

  /** CDK gives two to a stack without a region. */
  override get availabilityZones(): string[] {
    return Array.from({ length: mostZones }, (_, at) => Fn.select(at, Fn.getAzs()));
  }
}

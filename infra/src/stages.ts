import { App } from "aws-cdk-lib";
import { AnalyticsStack } from "./analytics.ts";
import type { Configuration } from "./configuration.ts";
import { EdgeStack } from "./edge.ts";
import { GovernanceStack } from "./governance.ts";
import type { HandlerCode } from "./handlers.ts";
import { KeysStack } from "./keys.ts";
import { NetworkStack } from "./network.ts";
import { ObservabilityStack } from "./observability.ts";
import { ProcessingStack } from "./processing.ts";
import { ProjectionsStack } from "./projections.ts";
import { StorageStack } from "./storage.ts";
import { StreamStack } from "./stream.ts";

/** What newer versions of CDK do by themselves; with these a template has no custom resources and least grants. */
const flags = {
  "@aws-cdk/aws-iam:minimizePolicies": true,
  "@aws-cdk/aws-codedeploy:removeAlarmsFromDeploymentGroup": true,
  "@aws-cdk/aws-lambda:recognizeVersionProps": true,
  "@aws-cdk/aws-s3:createDefaultLoggingPolicy": true,
  "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": true,
  "@aws-cdk/core:enablePartitionLiterals": true,
};

export function newApp(): App {
  return new App({ context: flags });
}

/** All stages of one environment, each a stack, in the order in which they are deployed. */
export function addStages(app: App, configuration: Configuration, code: HandlerCode) {
  const { withPlanned } = configuration;
  const keys = new KeysStack(app, configuration);
  const network = new NetworkStack(app, configuration, keys);
  const storage = new StorageStack(app, configuration, keys);
  const stream = new StreamStack(app, configuration, { keys, network, storage, code });
  const edge = new EdgeStack(app, configuration, { keys, network, storage, stream });
  const processing = new ProcessingStack(app, configuration, { keys, network, storage, code });
  const projections = withPlanned ? new ProjectionsStack(app, configuration, keys, network) : null;
  const analytics = withPlanned ? new AnalyticsStack(app, configuration, { keys, storage }) : null;
  const governance = new GovernanceStack(app, configuration, { keys, storage, analytics });
  const watched = { keys, storage, stream, edge, processing, projections };
  const observability = new ObservabilityStack(app, configuration, watched);
  return { keys, network, storage, stream, edge, processing, projections, analytics, governance, observability };
}

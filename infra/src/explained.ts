import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Takes findings of cdk-nag for seen, each with its reason. */
export function explain(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) {
    Validations.of(construct).acknowledge({ id: `AwsSolutions-${id}`, reason });
  }
}

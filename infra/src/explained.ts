import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Takes findings of cdk-nag for seen, each with its reason. */
export function explain(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) {
    Validations.of(construct).acknowledge({ id: `AwsSolutions-${id}`, reason });
  }
}

/** Actions in CDK's own grants that end with a star, on one key or one bucket. */
const grantedActions = {
  "kms:GenerateDataKey*": "GenerateDataKey and the one without plaintext, on one key.",
  "kms:ReEncrypt*": "ReEncryptFrom and ReEncryptTo, on one key.",
  "s3:Abort*": "A multipart upload to one bucket is broken off by who began it.",
  "s3:GetBucket*": "Location and settings of one bucket.",
  "s3:GetObject*": "Objects of one bucket and their tags.",
  "s3:List*": "Objects and unfinished uploads of one bucket.",
  "s3:DeleteObject*": "Compaction and erasure rewrite the processed lake's objects; the raw lake is not in this grant.",
};

/** As storage exports them: who renames one there is told its new name by `npm run synth`. */
const grantedResources = {
  FnGetAttDeadLetter70818289ArnAD152316: "Any object of the dead letters, and of no other bucket.",
  FnGetAttProcessed10BEC1CEArn5D1BE4C4: "Any object of the processed lake, and of no other bucket.",
  FnGetAttRaw72517081Arn8AABA17C: "Any object of the raw lake, and of no other bucket.",
};

/** `anything` says why the role may do what AWS can only allow on all resources. */
export function explainGrants(role: IConstruct, anything: string): void {
  const stack = Stack.of(role).stackName.replace(/-[a-z]+$/, "-storage");
  for (const [action, reason] of Object.entries(grantedActions)) explain(role, { [`IAM5[Action::${action}]`]: reason });
  for (const [name, reason] of Object.entries(grantedResources)) {
    explain(role, { [`IAM5[Resource::${stack}:ExportsOutput${name}/*]`]: reason });
  }
  explain(role, { "IAM5[Resource::*]": anything });
}

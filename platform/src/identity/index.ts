/** Who is who: pure functions of evidence, and the reads that explain them. docs/identity.md tells the rules. */
export { correctionEdges } from "./corrections.ts";
export { decide, decisionReason, mergeSeenWith } from "./decisions.ts";
export { edgesOfFragments, mergeEdges } from "./evidence.ts";
export { evidenceComponents, personOfFragment } from "./membership.ts";
export { correctionService } from "./correcting/service.ts";
export type { CorrectionAnswer, CorrectionPreview, CorrectionService } from "./correcting/service.ts";
export type { RecordedCorrection } from "./correcting/record.ts";
export type { WantedCorrections } from "./correcting/wanted.ts";
export { identityReads } from "./read.ts";
export type { IdentityReads } from "./read.ts";
export { parseIdentityRules } from "./parseRules.ts";
export { documentChanges, withChange } from "./publishing/difference.ts";
export type { DocumentChange } from "./publishing/difference.ts";
export {
  maxAffectedIds,
  maxDecisionRows,
  maxExampleIdentifiers,
  maxExamplePeople,
  maxExamplesOfKind,
} from "./publishing/effect.ts";
export type { DecisionCount, EffectExample, ExamplePerson, RulesEffect } from "./publishing/effect.ts";
export type { DryRunAnswer, RulesDryRun } from "./publishing/previews.ts";
export { rulesService } from "./publishing/service.ts";
export type { PublishedRules, RulesPreview, RulesService } from "./publishing/service.ts";
export { resolve } from "./resolve.ts";
export { rulesHash, rulesInForce } from "./rulesInForce.ts";
export { defaultIdentityRules } from "./retailRules.ts";
export { identifierOrder } from "./rules.ts";
export type { IdentityRules } from "./rules.ts";

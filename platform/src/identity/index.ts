/** Who is who: pure functions of evidence, and the reads that explain them. docs/identity.md tells the rules. */
export { correctionEdges, probableEdges } from "./corrections.ts";
export { companyOf, decide, decideByAliases, decisionReason, mergeSeenWith } from "./decisions.ts";
export { disjointSets } from "./disjointSets.ts";
export { edgesOfFragments, mergeEdges } from "./evidence.ts";
export { homeOf, personOfFragment } from "./membership.ts";
export { correctionService } from "./correcting/service.ts";
export type { CorrectionAnswer, CorrectionPreview, CorrectionService } from "./correcting/service.ts";
export type { RecordedCorrection } from "./correcting/record.ts";
export type { WantedCorrections } from "./correcting/wanted.ts";
export { explainerOver } from "./explainer.ts";
export type { Explainer } from "./explainer.ts";
export { identityReads } from "./read.ts";
export type { DeviceTenancies, IdentityReads } from "./read.ts";
export { loosenedReach } from "./reach.ts";
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
export {
  boundariesOf,
  tenanciesOf,
  tenanciesWithLater,
  tenancyAt,
  maxTenancies,
  maxTenancyCombinations,
  maxTenancyEvents,
} from "./tenancies.ts";
export { rulesHash, rulesInForce } from "./rulesInForce.ts";
export { defaultIdentityRules } from "./retailRules.ts";
export { identifierOrder, rulesOfType, typeOfKey } from "./rules.ts";
export type { IdentityRules } from "./rules.ts";
export { linkProfiles, type FoundPair, type NormalisedProfile } from "./linkage/linkProfiles.ts";
export { normaliseRecords, scoreRecords, termPositions, type LiveScore } from "./linkage/liveScore.ts";
export { parseLinkageModel } from "./linkage/parseModel.ts";
export { profileRecordOf, type ProfileRecord } from "./linkage/profileRecord.ts";
export { usualProfileModel } from "./linkage/usualModel.ts";
export type { LinkageModel } from "./linkage/model.ts";
export { linkService, type LinkService, type RecordedLink } from "./reviewing/links.ts";
export {
  reviewAnswers,
  reviewService,
  type AnsweredReview,
  type ListedReview,
  type ReviewInFull,
  type ReviewService,
} from "./reviewing/review.ts";
export { linkageRuns, type LinkageEngine, type LinkageListener, type LinkageRuns } from "./reviewing/runs.ts";

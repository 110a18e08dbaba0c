import type { ColumnType } from "./columnType.ts";
import type { Comparison, Level } from "./comparison.ts";
import { defaultClusterSettings } from "./cluster.ts";
import { defaultAcceptProbability, type LinkageModel, type ModelLevel, modelFormat, modelVersion } from "./model.ts";
import { profileColumns, profileComparisons } from "./profileRecord.ts";

/** Of a hundred records of a retailer ten are somebody's second one, and thirty live with another. */
const usualMatchesPerRecord = 0.1;
const usualHouseholdsPerRecord = 0.3;

/** What a live platform's profiles are scored with before its first linkage. */
export function usualProfileModel(): LinkageModel {
  return usualModel(profileComparisons, profileColumns);
}

/** What is usual, before anything was learned: the shares that the estimation starts from, no value rarer than another. */
function usualModel(
  comparisons: readonly Comparison[],
  columns: readonly { name: string; type: ColumnType }[],
): LinkageModel {
  return {
    format: modelFormat,
    version: modelVersion,
    columns: [columns.map(({ name, type }) => ({ name, type }))],
    comparisons: comparisons.map(({ name, levels }) => ({ name, levels: levels.map((level) => usual(level, levels)) })),
    matchesPerRecord: usualMatchesPerRecord,
    householdsPerRecord: usualHouseholdsPerRecord,
    clusters: defaultClusterSettings,
    acceptProbability: defaultAcceptProbability,
  };
}

function usual(level: Level, levels: readonly Level[]): ModelLevel {
  const alternatives = levels.filter(({ group }) => group === level.group);
  const share = (of: (each: Level) => number): number =>
    of(level) / alternatives.reduce((sum, each) => sum + of(each), 0);
  const match = share((each) => each.match);
  const stranger = share((each) => each.stranger);
  const most = level.maxWeight === undefined ? stranger : Math.max(stranger, match / 2 ** level.maxWeight);
  return {
    label: level.label,
    match,
    household: level.household === null ? stranger : share((each) => each.household ?? each.stranger),
    stranger: most,
  };
}

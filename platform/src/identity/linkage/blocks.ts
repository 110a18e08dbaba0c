import type { LinkageDatabase } from "../../storage/linkageDatabase.ts";
import type { Field } from "./fields.ts";
import * as sql from "./sql/blockingSql.ts";

/** What a rule gave. */
export interface BlockingReport {
  rule: string;
  /** Before those that another rule gives too are taken out. */
  pairs: number;
  /** Records of the largest block that was compared; 0 when none was. */
  largestBlock: number;
}

/** A larger block says too little: a popular name, a placeholder. */
const maxBlockRecords = { tight: 200, medium: 200, loose: 1_000 } as const;
/** Of one tight rule: as many for any table, and more for a large one. */
const leastTightPairs = 400_000;
const tightPairsPerRecord = 0.6;
const maxMediumPairs = 400_000;
/** Medium rules stop when all rules together have reached so many. */
const mediumEndsAtPairs = 3_000_000;
/** Of a loose rule in a small table; fewer in a larger one, none from `looseEndsAtRecords`. */
const maxLoosePairs = 1_000_000;
const looseEndsAtRecords = 100_000;

/**
 * Makes `pairs`: the records that agree in at least one rule, each pair once. Blocks are taken from the smallest up
 * until a rule has all that it may give, so that what is rare is always compared and what is frequent only while there
 * is room.
 */
export async function blockRecords(
  database: LinkageDatabase,
  fields: readonly Field[],
  records: number,
  onRule: (done: number, of: number) => void,
): Promise<BlockingReport[]> {
  const rules = sql.blockingRulesOf(fields);
  const reports: BlockingReport[] = [];
  let sum = 0;
  await database.run(sql.candidatesSql);
  for (const [at, rule] of rules.entries()) {
    const maxPairs = allowedPairs(rule.grip, records, sum);
    if (maxPairs >= 1) {
      const report = await applyRule(database, rule, maxPairs);
      sum += report.pairs;
      reports.push(report);
    }
    onRule(at + 1, rules.length);
  }
  await database.run(sql.pairsSql);
  await database.run("DROP TABLE candidates");
  return reports;
}

function allowedPairs(grip: sql.BlockingRule["grip"], records: number, sum: number): number {
  if (grip === "tight") return Math.max(leastTightPairs, tightPairsPerRecord * records);
  if (grip === "medium") return Math.min(maxMediumPairs, mediumEndsAtPairs - sum);
  return maxLoosePairs * (1 - records / looseEndsAtRecords);
}

async function applyRule(database: LinkageDatabase, rule: sql.BlockingRule, maxPairs: number): Promise<BlockingReport> {
  await database.run(sql.keysSql(rule));
  await database.run(sql.blocksSql);
  const report = { rule: rule.name, pairs: 0, largestBlock: 0 };
  for (const [size, count] of await database.rows(sql.blockSizesSql)) {
    const more = (Number(count) * Number(size) * (Number(size) - 1)) / 2;
    if (Number(size) > maxBlockRecords[rule.grip] || report.pairs + more > maxPairs) break;
    report.pairs += more;
    report.largestBlock = Number(size);
  }
  if (report.largestBlock > 0) await database.run(sql.blockPairsSql(report.largestBlock));
  return report;
}

import type { LinkedFiles, Measured } from "../runtime/linkFiles.ts";
import type { Output } from "./output.ts";
import { tableOf } from "./table.ts";

export interface LinkOutcome {
  linked: LinkedFiles;
  labels: readonly string[];
  measured: Measured | null;
  elapsedMs: number;
  cpuMs: number;
}

/** What a linkage did, as a document or in words. */
export function reportLink(output: Output, outcome: LinkOutcome): void {
  const { linked, labels, measured, elapsedMs, cpuMs } = outcome;
  const sizes = clusterSizes(linked.clusters);
  const accepted = acceptedPairs(linked);
  if (output.json) {
    output.document({
      tables: labels.map((table, at) => ({ table, columns: linked.tables.columns[at] ?? [] })),
      comparisons: linked.comparisons.map(({ name }) => name),
      records: linked.records,
      comparedPairs: linked.pairs,
      acceptedPairs: accepted,
      ...sizes,
      blockingRules: linked.blocks,
      evaluation: measured,
      elapsedMs,
      cpuMs,
    });
    return;
  }
  for (const [at, label] of labels.entries()) {
    output.out(
      `${label}\n${tableOf(
        ["column", "is"],
        (linked.tables.columns[at] ?? []).map(({ name, type }) => [name, type]),
      )}\n`,
    );
  }
  output.out(
    `records    ${count(linked.records)}, ${count(linked.pairs)} pairs compared\n` +
      `accepted   ${count(accepted)} pairs of probability ${linked.model.acceptProbability} or more\n` +
      `clusters   ${count(sizes.clusters)}, ${count(sizes.clustersOfSeveral)} of several records, the largest of ${count(sizes.largestCluster)}\n` +
      `time       ${(elapsedMs / 1_000).toFixed(1)} s, ${(cpuMs / 1_000).toFixed(1)} s of processor\n`,
  );
  if (measured !== null) output.out(`\n${evaluationText(measured)}`);
}

function evaluationText({ clusters, pairs }: Measured): string {
  const { bCubed } = clusters;
  return (
    `F1         ${figure(clusters.f1)} over all ${count(clusters.truePairs)} true pairs: precision ${figure(clusters.precision)}, recall ${figure(clusters.recall)}\n` +
    `B-cubed    ${figure(bCubed.f1)}: precision ${figure(bCubed.precision)}, recall ${figure(bCubed.recall)}\n` +
    `pairs      ${figure(pairs.f1)} accepted: precision ${figure(pairs.precision)}, recall ${figure(pairs.recall)}\n` +
    `blocking   ${figure(clusters.blockingRecall)} of the true pairs were compared\n` +
    `largest    ${count(clusters.largestCluster)} records; ${count(clusters.largestTrueCluster)} in truth\n`
  );
}

function acceptedPairs({ scores, patterns, model }: LinkedFiles): number {
  return scores.probabilities.reduce(
    (sum, probability, at) => sum + (probability >= model.acceptProbability ? (patterns.counts[at] ?? 0) : 0),
    0,
  );
}

function clusterSizes(clusters: Int32Array): { clusters: number; clustersOfSeveral: number; largestCluster: number } {
  const sizes = new Int32Array(clusters.length);
  for (const cluster of clusters) sizes[cluster] = (sizes[cluster] ?? 0) + 1;
  let [all, several, largest] = [0, 0, 0];
  for (const size of sizes) {
    if (size > 0) all++;
    if (size > 1) several++;
    largest = Math.max(largest, size);
  }
  return { clusters: all, clustersOfSeveral: several, largestCluster: largest };
}

function figure(share: number): string {
  return share.toFixed(4);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

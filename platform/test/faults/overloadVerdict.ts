const mostSwing = 0.1;
/** Of what it was to send: the rest is what it was still waiting for at the end. */
const leastModestPart = 0.9;
const mostModestP99Ms = 1_000;
/** Of an even share of what was taken: nearer to a whole one, a moment in which nothing is decided makes it too much. */
const mostModestShare = 0.5;

/** What became of an overload, and of the source that kept within its share. */
export interface Outcome {
  /** Events, of all sources. */
  acknowledged: number;
  processed: number;
  /** Records that wait once the lag is normal, or was given up. */
  pending: number;
  /** From the end of the load; null where it never was. */
  normalAfterMs: number | null;
  /** Events of the modest source that were acknowledged, and that its timetable had. */
  modest: number;
  modestDue: number;
  modestRefused: number;
  modestP99Ms: number;
  /** In the worst minute, of an even share of what was taken: past the half, its rate was not that of a modest source. */
  modestShare: number;
  floodsRefused: number;
  /** False where others had the machine for most of the minutes: then latencies tell nothing. */
  isJudged: boolean;
  /** How far memory went from its median, as a part of it. */
  swing: number;
}

/** What did not hold, in words; empty when all is well. */
export function failuresOf(outcome: Outcome): string[] {
  const { acknowledged, processed, pending, modest, modestDue, modestP99Ms, swing } = outcome;
  const isModest = outcome.modestShare <= mostModestShare;
  const isTimed = isModest && outcome.isJudged;
  const checks: [isWell: boolean, what: string][] = [
    [processed === acknowledged, `${acknowledged} were acknowledged and ${processed} processed`],
    [pending === 0, `${pending} records still wait`],
    [outcome.normalAfterMs !== null, "the lag did not become normal again"],
    [
      isModest,
      `not proven: the machine took so little that the modest source had ${percent(outcome.modestShare)} of a share`,
    ],
    [!isModest || outcome.modestRefused === 0, "a source within its share was refused"],
    [
      !isModest || modest >= leastModestPart * modestDue,
      `of a source within its share ${modest} of ${modestDue} were taken`,
    ],
    [outcome.isJudged, "not proven: others had the machine for most of the minutes, so that latencies tell nothing"],
    [
      !isTimed || modestP99Ms <= mostModestP99Ms,
      `a source within its share waited ${Math.round(modestP99Ms)} ms (p99)`,
    ],
    [outcome.floodsRefused > 0, "nothing was refused: it was no overload"],
    [swing <= mostSwing, `memory went ${percent(swing)} from its median`],
  ];
  return checks.flatMap(([isWell, what]) => (isWell ? [] : [what]));
}

export function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

import type { Rates } from "./messages.ts";

export const shownSeconds = 300;
/** A rate over so many seconds does not jump where a few events come a second. */
const meanSeconds = 5;

/** Oldest first, the latest 300; a second that is told again counts once. */
export function withRates(ring: readonly Rates[], more: readonly Rates[]): Rates[] {
  const last = ring.at(-1)?.at ?? "";
  return [...ring, ...more.filter(({ at }) => at > last)].slice(-shownSeconds);
}

/** Events accepted a second, over the last few. */
export function rateNow(ring: readonly Rates[]): number {
  const recent = ring.slice(-meanSeconds);
  return recent.length === 0 ? 0 : sum(recent, "accepted") / recent.length;
}

export function sum(ring: readonly Rates[], of: "accepted" | "rejected" | "joined" | "processed"): number {
  return ring.reduce((total, rates) => total + rates[of], 0);
}

/** `142`, `8.4`, `0.2`: two digits that say something. */
export function rateText(perSecond: number): string {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: perSecond < 10 ? 1 : 0 }).format(perSecond);
}

export interface Spark {
  /** Of the line's points, in a box of `shownSeconds` × 100 with zero at the bottom. */
  line: string;
  /** Seconds with refusals. */
  refused: { x: number; height: number }[];
  max: number;
}

const boxHeight = 100;
const minRefusedHeight = 18;

/** The five minutes before `end` (UTC ms), smoothed over a few seconds; a second of which nothing is known is zero. */
export function sparkOf(ring: readonly Rates[], end: number): Spark {
  const accepted = Array.from({ length: shownSeconds }, () => 0);
  const rejected = Array.from({ length: shownSeconds }, () => 0);
  let known = shownSeconds;
  for (const rates of ring) {
    const index = shownSeconds - 1 - Math.round((end - Date.parse(rates.at)) / 1_000);
    if (index < 0 || index >= shownSeconds) continue;
    accepted[index] = rates.accepted;
    rejected[index] = rates.rejected;
    known = Math.min(known, index);
  }
  // In the first seconds the mean is of fewer.
  const smooth = accepted.map((_, at) => {
    const part = accepted.slice(Math.max(Math.min(known, at), at - meanSeconds + 1), at + 1);
    return part.reduce((total, value) => total + value, 0) / part.length;
  });
  // Where seconds are missing, the line is never told to be lower than what is told beside it.
  const max = Math.max(...smooth, rateNow(ring));
  const most = Math.max(1, ...rejected);
  const y = (value: number): number => (max === 0 ? boxHeight : boxHeight - (value / max) * boxHeight);
  return {
    line: smooth.map((value, x) => `${x},${y(value).toFixed(1)}`).join(" "),
    refused: rejected.flatMap((count, x) =>
      count === 0 ? [] : [{ x, height: minRefusedHeight + (count / most) * (boxHeight / 2 - minRefusedHeight) }],
    ),
    max,
  };
}

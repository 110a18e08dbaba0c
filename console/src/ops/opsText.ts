import { countText } from "../parts/countText.ts";
import { durationText } from "../parts/timeText.ts";
import { words } from "../words/words.ts";
import type { Consumer, Operations } from "./opsQueries.ts";

const text = words.ops;
const msPerSecond = 1_000;
/** Less is the time of a pass. */
const leastLagSeconds = 2;
const daysOfTenYears = 3_652;

/** `3 minutes`, `Up to date`. */
export function lagText({ lagSeconds }: Pick<Consumer, "lagSeconds">): string {
  if (lagSeconds === null) return text.unknown;
  return lagSeconds < leastLagSeconds ? text.noLag : durationText(lagSeconds * msPerSecond);
}

/** How long the room on the disk lasts. */
export function lastsText(daysLeft: number | null): string {
  if (daysLeft === null) return text.unknown;
  if (daysLeft < 1) return text.underADay;
  return daysLeft > daysOfTenYears ? text.long : daysText(Math.floor(daysLeft));
}

function daysText(days: number): string {
  return days === 1 ? text.oneDay : text.days(countText(days));
}

export interface Bar {
  x: number;
  /** Of the box's 100: from its bottom, and above that. */
  accepted: number;
  rejected: number;
}

const boxHeight = 100;
/** A few refusals among thousands are still to be seen. */
const leastShown = 3;

/** Bars of a box that is 100 high, the highest one filling it. */
export function barsOf(minutes: Operations["minutes"]): { bars: Bar[]; most: number } {
  const most = Math.max(0, ...minutes.map(({ accepted, rejected }) => accepted + rejected));
  const height = (count: number): number => (count === 0 ? 0 : Math.max(leastShown, (count / most) * boxHeight));
  const bars = minutes.map(({ accepted, rejected }, x) => {
    const refused = height(rejected);
    return { x, rejected: refused, accepted: Math.min(height(accepted), boxHeight - refused) };
  });
  return { bars, most };
}

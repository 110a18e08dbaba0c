import type { Draws } from "./draws.ts";

export const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** Sunday first. */
const weekdayFactors = [1.15, 0.85, 0.85, 0.9, 1, 1.15, 1.35];
/** January first: the sales end, gardens begin, and Christmas comes. */
const monthFactors = [0.85, 0.8, 0.9, 1, 1.05, 1, 0.95, 0.85, 0.95, 1.05, 1.35, 1.6];

/** How much busier than an average day it is; `midnight` is in UTC ms. */
export function seasonOf(midnight: number): number {
  const date = new Date(midnight);
  const month = date.getUTCMonth();
  const dayOfMonth = date.getUTCDate();
  const weekday = date.getUTCDay();
  const base = (weekdayFactors[weekday] ?? 1) * (monthFactors[month] ?? 1);
  // The Friday after the fourth Thursday of November, and the Monday after it.
  const isNovember = month === 10;
  if (isNovember && weekday === 5 && dayOfMonth >= 23 && dayOfMonth <= 29) return base * 2;
  if (weekday === 1 && ((isNovember && dayOfMonth >= 26) || (month === 11 && dayOfMonth <= 2))) return base * 1.7;
  if (month === 11 && dayOfMonth >= 24 && dayOfMonth <= 26) return base * 0.4;
  return base;
}

/** Christmas Day and New Year's Day. */
export function areStoresClosed(midnight: number): boolean {
  const date = new Date(midnight);
  const monthDay = (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
  return monthDay === 1225 || monthDay === 101;
}

/** Relative busyness of each hour of the day, from midnight. */
const onlineHours = [2, 1, 1, 0, 0, 1, 2, 4, 5, 6, 6, 6, 8, 7, 6, 6, 6, 7, 8, 10, 12, 12, 9, 4];
const storeHours = [0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 6, 8, 10, 9, 8, 8, 9, 10, 7, 3, 0, 0, 0, 0];

const onlineClock = clockOf(onlineHours);
const storeClock = clockOf(storeHours);

/** ms after midnight; a visit that begins in the last hour may end tomorrow. */
export function timeOnline(draws: Draws): number {
  return timeOn(onlineClock, draws);
}

export function timeInStore(draws: Draws): number {
  return timeOn(storeClock, draws);
}

function clockOf(weights: readonly number[]): readonly number[] {
  return weights.flatMap((weight, hour) => Array.from({ length: weight }, () => hour));
}

function timeOn(clock: readonly number[], draws: Draws): number {
  return draws.pick(clock) * hourMs + Math.floor(draws.next() * hourMs);
}

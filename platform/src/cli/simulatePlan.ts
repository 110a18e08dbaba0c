import { readTime } from "../model/callTime.ts";
import { sourceKinds, type SourceKind } from "../model/source.ts";
import type { RetailerPlan } from "../simulator/persona.ts";
import { maxDays } from "../simulator/limits.ts";
import { wrongUsage } from "./usage.ts";

/** `--customers`, `--seed`, `--days`, `--months`, `--end`. */
export interface PlanFlags {
  customers: number;
  seed: number;
  days?: number;
  months?: number;
  /** `YYYY-MM-DD`, the day after the last of the history. */
  end?: string;
}

const dayMs = 86_400_000;
const defaultMonths = 12;

/** The history ends with the last midnight in UTC, or where `--end` says; so a run of the same day is the same run. */
export function planOf({ customers, seed, days, months, end }: PlanFlags, nowMs: number): RetailerPlan {
  if (days !== undefined && months !== undefined) {
    throw wrongUsage("--days and --months exclude each other.", "Give one of them; without both it is a year.");
  }
  const endMs = end === undefined ? nowMs - (nowMs % dayMs) : midnightOf(end);
  const length = days ?? (endMs - monthsBefore(endMs, months ?? defaultMonths)) / dayMs;
  if (length > maxDays) throw wrongUsage(`A history has at most ${maxDays} days.`, "Give fewer days or months.");
  return { seed, customers, days: length, startMs: endMs - length * dayMs };
}

function midnightOf(text: string): number {
  const read = /^\d{4}-\d\d-\d\d$/.test(text) ? readTime(text) : null;
  if (read !== null) return read;
  throw wrongUsage("--end is not a date.", "Give it like --end 2026-01-31.");
}

/** The same day of an earlier month; where that has no such day, its last. */
function monthsBefore(midnight: number, months: number): number {
  const date = new Date(midnight);
  const month = date.getUTCMonth() - months;
  const lastOfMonth = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  return Date.UTC(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), lastOfMonth));
}

/** Collects `--key SOURCE=KEY`. */
export function keyOption(
  text: string,
  before: Partial<Record<SourceKind, string>> = {},
): Partial<Record<SourceKind, string>> {
  const at = text.indexOf("=");
  const kind = sourceKinds.find((known) => known === text.slice(0, at));
  const key = text.slice(at + 1);
  if (kind === undefined || key === "") {
    throw wrongUsage(
      "That is not a source and its key.",
      `Like --key web=wk_…; the sources are ${sourceKinds.join(", ")}.`,
    );
  }
  return { ...before, [kind]: key };
}

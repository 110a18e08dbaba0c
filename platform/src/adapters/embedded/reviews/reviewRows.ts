import type { SQLOutputValue } from "node:sqlite";
import type { LinkageRun, Review, ReviewState, ReviewStep } from "../../../storage/reviews.ts";

export type Row = Record<string, SQLOutputValue>;

/** Where a pair waits: the most probable first, skipped ones behind all others. */
export function placeOf(state: ReviewState, probability: number): number | null {
  if (state === "open") return -probability;
  return state === "skipped" ? 1 - probability : null;
}

export function reviewOf(row: Row): Review {
  const text = (column: string): string => String(row[column] ?? "");
  const number = (column: string): number => Number(row[column] ?? 0);
  const answeredBy = row["answered_by"];
  return {
    id: text("id"),
    a: { profileId: text("a"), anchor: text("anchor_a") },
    b: { profileId: text("b"), anchor: text("anchor_b") },
    probability: number("probability"),
    weight: number("weight"),
    priorWeight: number("prior_weight"),
    steps: JSON.parse(text("steps")) as ReviewStep[],
    model: number("model"),
    origin: text("origin") as Review["origin"],
    state: text("state") as ReviewState,
    offeredAt: number("offered_at"),
    answer:
      typeof answeredBy === "string"
        ? { by: answeredBy, at: number("answered_at"), corrections: JSON.parse(text("corrections")) as string[] }
        : null,
  };
}

export function runOf(row: Row): LinkageRun {
  return JSON.parse(String(row["document"])) as LinkageRun;
}

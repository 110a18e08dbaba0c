import { position, type Position } from "../../../platform/src/model/position.ts";

/** A retailer's history: what is made, and so what every answer has to be. A pure function of these four. */
export interface LakePlan {
  /** Stored events, numbered from 0 in the order in which they came. */
  events: number;
  customers: number;
  seed: number;
  /** UTC ms of the first event; the last came three years later. */
  startMs: number;
}

export const historyMs = 3 * 365 * 86_400_000;
/** About as many of these events as a segment of 64 MiB has. */
export const eventsPerSegment = 48_000;
/** Times between two events are told in so many parts of a millisecond: whole numbers, the same in SQL. */
export const ticksPerMs = 1_024;
/** Products of draws and customers stay exact up to so many. */
export const maxCustomers = 8_000_000;

export function ticksPerEvent({ events }: LakePlan): number {
  return Math.floor((historyMs * ticksPerMs) / events);
}

/** Of the log: the last event is alone in a segment of its own, so that all others are in sealed ones. */
export function segmentsOf({ events }: LakePlan): number {
  return Math.ceil((events - 1) / eventsPerSegment) + 1;
}

export function positionOf(plan: LakePlan, n: number): Position {
  if (n === plan.events - 1) return position(segmentsOf(plan) - 1, 0);
  return position(Math.floor(n / eventsPerSegment), n % eventsPerSegment);
}

/** The position after the last event. */
export function endOf(plan: LakePlan): Position {
  return positionOf(plan, plan.events - 1) + 1;
}

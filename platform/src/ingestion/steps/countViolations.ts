import {
  latestSamples,
  maxViolationNameChars,
  type PlanViolation,
  type ViolationCount,
} from "../../model/trackingPlan.ts";
import type { Incoming } from "./validate.ts";

/** How tracking plans were broken, in the order in which each way was first met: of events that count, once an event. */
export function countViolations(events: readonly Pick<Incoming, "event" | "position">[]): ViolationCount[] {
  const counts = new Map<string, ViolationCount>();
  for (const { event, position } of events) {
    if (event.plan === undefined) continue;
    for (const violation of event.plan.violations) {
      const one = countOf(event, position, event.plan.version, violation);
      const key = JSON.stringify([one.source, one.version, one.type, one.event, one.path, one.kind]);
      const known = counts.get(key);
      counts.set(key, known === undefined ? one : added(known, one));
    }
  }
  return [...counts.values()];
}

function countOf(
  event: Incoming["event"],
  position: number,
  version: number,
  { kind, path }: PlanViolation,
): ViolationCount {
  const { source, type, receivedAt, messageId } = event;
  const name = type === "track" ? (event.event ?? "").slice(0, maxViolationNameChars).toWellFormed() : "";
  const samples = [{ position, messageId }];
  return { source, version, type, event: name, kind, path, count: 1, firstAt: receivedAt, lastAt: receivedAt, samples };
}

function added(one: ViolationCount, other: ViolationCount): ViolationCount {
  return {
    ...one,
    count: one.count + other.count,
    firstAt: Math.min(one.firstAt, other.firstAt),
    lastAt: Math.max(one.lastAt, other.lastAt),
    samples: latestSamples(one.samples, other.samples),
  };
}

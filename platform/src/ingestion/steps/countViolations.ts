import {
  type BatchViolation,
  maxViolationNameChars,
  type PlanViolation,
  violationsGathered,
} from "../../model/trackingPlan.ts";
import type { Incoming } from "./validate.ts";

type Counted = Pick<Incoming, "event" | "position">;

/** How tracking plans were broken, in the order in which each way was first met: of events that count, once an event. */
export function countViolations(events: readonly Counted[]): BatchViolation[] {
  return violationsGathered(violationsOf(events));
}

function* violationsOf(events: readonly Counted[]): Generator<BatchViolation> {
  for (const { event, position } of events) {
    if (event.plan === undefined) continue;
    for (const violation of event.plan.violations) yield oneOf(event, position, event.plan.version, violation);
  }
}

function oneOf(
  event: Incoming["event"],
  position: number,
  version: number,
  { kind, path }: PlanViolation,
): BatchViolation {
  const { source, type, receivedAt, messageId } = event;
  const name = type === "track" ? (event.event ?? "").slice(0, maxViolationNameChars).toWellFormed() : "";
  const at = { firstAt: receivedAt, lastAt: receivedAt, samples: [{ position, messageId }] };
  return { source, version, type, event: name, kind, path, positions: new Set([position]), ...at };
}

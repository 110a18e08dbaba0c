import { isObject, type JsonDocument } from "../parts/jsonDocument.ts";
import { words } from "../words/words.ts";
import type { PlanViolation } from "./planQueries.ts";

const text = words.plans;

export type Mode = keyof typeof text.modes;
export type Unplanned = keyof typeof text.unplanned;

export const modes = Object.keys(text.modes) as Mode[];
export const unplannedChoices = Object.keys(text.unplanned) as Unplanned[];

/** What a document says, with what the platform takes where it says nothing. */
export interface PlanFacts {
  mode: Mode;
  unplanned: Unplanned;
  events: number;
}

export function factsOf(document: JsonDocument): PlanFacts {
  const { mode, unplannedEvents, events } = document;
  return {
    mode: modes.find((each) => each === mode) ?? "observe",
    unplanned: unplannedChoices.find((each) => each === unplannedEvents) ?? "allow",
    events: isObject(events) ? Object.keys(events).length : 0,
  };
}

/** Whether it refuses calls: these are not among those that were taken and broke it. */
export function refuses(document: JsonDocument | null): boolean {
  const { mode, unplanned } = factsOf(document ?? {});
  return mode === "reject" || unplanned === "reject";
}

/** A kind that this console does not know yet is told by its name. */
export function kindText(kind: string): string {
  return (text.kinds as Readonly<Record<string, string>>)[kind] ?? kind.replaceAll("_", " ");
}

/** Where a call is wrong; what is beyond the first thousand ways has neither event nor path. */
export function whereText({ path, kind }: Pick<PlanViolation, "path" | "kind">): string {
  if (path !== null && path !== "") return path;
  return path === null && kind !== "more_violations" ? text.violations.together : text.violations.whole;
}

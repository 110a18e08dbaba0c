import type { CallType, JsonObject } from "./event.ts";

/** What becomes of what breaks the plan: only told, taken out of the call, or the call refused. */
export const planModes = ["observe", "drop", "reject"] as const;
export type PlanMode = (typeof planModes)[number];

/** What becomes of a track call whose event the plan does not name. */
export const unplannedChoices = ["allow", "observe", "reject"] as const;
export type UnplannedEvents = (typeof unplannedChoices)[number];

/** Schemas of the plan that are not of one event, by what they are of. */
export const planHolders = ["traits", "groupTraits", "pageProperties", "screenProperties"] as const;

/**
 * What a source has promised to send. Schemas are JSON Schema 2020-12: of the properties of an event by its name, of the
 * traits of identify and group calls, and of the properties of page and screen calls.
 */
export interface TrackingPlan {
  readonly mode: PlanMode;
  readonly unplannedEvents: UnplannedEvents;
  readonly events: Readonly<Record<string, JsonObject>>;
  readonly traits?: JsonObject;
  readonly groupTraits?: JsonObject;
  readonly pageProperties?: JsonObject;
  readonly screenProperties?: JsonObject;
}

export const violationKinds = [
  "unplanned_event",
  "unplanned_property",
  "required_missing",
  "wrong_type",
  "value_not_allowed",
  "wrong_format",
  "pattern_not_matched",
  "out_of_bounds",
  "not_unique",
  "schema_not_matched",
  "more_violations",
] as const;
export type ViolationKind = (typeof violationKinds)[number];

/** What of a call broke the plan. It says no value. */
export interface PlanViolation {
  readonly kind: ViolationKind;
  /** `properties.products[*].price`, any place in a list as `[*]`; empty of the call as a whole. */
  readonly path: string;
}

/** Stands beside a call that was taken although it broke the plan. */
export interface PlanMark {
  /** Number of the plan's version. */
  readonly version: number;
  /** Each once, at most {@link maxMarkedViolations}; where there were more, the last is `more_violations`. */
  readonly violations: readonly PlanViolation[];
}

export const maxMarkedViolations = 10;
/** Of a violation's path, in UTF-16 units. */
export const maxPathChars = 200;

/** A version of a source's plan. Never changed: of all, the greatest number holds. */
export interface TrackingPlanVersion {
  readonly source: string;
  /** From 1. */
  readonly number: number;
  /** Null: the plan was taken away. */
  readonly document: JsonObject | null;
  /** The id of the API token that it came with. */
  readonly by: string;
  /** In the person's words; null where none were asked for. */
  readonly reason: string | null;
  /** UTC milliseconds. */
  readonly publishedAt: number;
}

/** How often a source's calls broke a version of its plan in one way: calls that were taken, each counted once. */
export interface ViolationCount extends PlanViolation {
  readonly source: string;
  readonly version: number;
  readonly type: CallType;
  /** Of track calls, cut to {@link maxViolationNameChars}; empty otherwise. */
  readonly event: string;
  readonly count: number;
  /** UTC milliseconds of receipt. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The latest of them, at most {@link maxViolationSamples}, newest first. */
  readonly samples: readonly { readonly position: number; readonly messageId: string }[];
}

export const maxViolationNameChars = 200;
export const maxViolationSamples = 3;
/**
 * Of one version of a source's plan. Names and paths come from senders, who can make up any number: past it they are
 * counted by type and kind alone.
 */
export const maxViolationsTold = 1_000;

/** The same without what senders can make up. */
export function withoutViolationNames(count: BatchViolation): BatchViolation {
  return { ...count, event: "", path: "" };
}

/** How the calls of a batch broke a version in one way. */
export interface BatchViolation extends Omit<ViolationCount, "count"> {
  /** Of the calls. */
  readonly positions: ReadonlySet<number>;
}

/** Puts together what broke a version in the same way: a call that is given twice counts once. */
export function violationsGathered(all: Iterable<BatchViolation>): BatchViolation[] {
  const gathered = new Map<string, BatchViolation & { positions: Set<number> }>();
  for (const one of all) {
    const key = JSON.stringify([one.source, one.version, one.type, one.event, one.path, one.kind]);
    const known = gathered.get(key);
    const positions = known?.positions ?? new Set();
    for (const position of one.positions) positions.add(position);
    gathered.set(key, known === undefined ? { ...one, positions } : { ...both(known, one), positions });
  }
  return [...gathered.values()];
}

function both(one: BatchViolation, other: BatchViolation): BatchViolation {
  return {
    ...one,
    firstAt: Math.min(one.firstAt, other.firstAt),
    lastAt: Math.max(one.lastAt, other.lastAt),
    samples: latestSamples(one.samples, other.samples),
  };
}

/** The latest of both. */
export function latestSamples(
  one: ViolationCount["samples"],
  other: ViolationCount["samples"],
): ViolationCount["samples"] {
  const latest = new Map([...one, ...other].map((sample) => [sample.position, sample]));
  return [...latest.values()].sort((a, b) => b.position - a.position).slice(0, maxViolationSamples);
}

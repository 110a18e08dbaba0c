import { Type } from "@fastify/type-provider-typebox";
import { callTypes } from "../../model/event.ts";
import { maxReasonChars } from "../../model/reason.ts";
import { violationKinds } from "../../model/trackingPlan.ts";
import * as shapes from "../schemas.ts";

/** Calls that a check judges at a time. */
export const maxCheckedCalls = 1_000;
const maxVersion = 1_000_000_000;

export const document = Type.Record(Type.String(), Type.Unknown(), {
  description:
    "The tracking plan, whole: `mode`, `unplannedEvents`, `events`, `traits`, … docs/tracking-plans.md tells.",
});
export const number = Type.Integer({ minimum: 1, maximum: maxVersion, description: "Of a version." });
export const basedOn = Type.Integer({
  minimum: 0,
  maximum: maxVersion,
  description:
    "Number of the version that you began with, 0 where there was none. Refused when another one holds by now.",
});
export const reason = Type.String({
  minLength: 1,
  maxLength: maxReasonChars,
  description: "Why, for whoever looks at it later.",
  examples: ["The app sends prices as text since 4.2."],
});

const head = {
  source: Type.String(),
  version: Type.Integer({ description: "0: it never had a plan." }),
  by: Type.Union([Type.String(), Type.Null()], { description: "Id of the API token." }),
  reason: shapes.nullableText,
  publishedAt: shapes.nullableTime,
  inForce: Type.Boolean(),
};
export const version = Type.Object(
  {
    ...head,
    document: Type.Union([document, Type.Null()], { description: "Null: from then on the source has no plan." }),
  },
  { title: "TrackingPlanVersion" },
);
export const versionHead = Type.Object(
  { ...head, hasPlan: Type.Boolean({ description: "False: it took the plan away." }) },
  { title: "TrackingPlanVersionHead" },
);

const kind = Type.Enum([...violationKinds], {
  description: "more_violations: a call had more than can be told of one.",
});
const type = Type.Enum([...callTypes]);

export const violation = Type.Object(
  {
    version: Type.Integer({ description: "Of the plan that it broke." }),
    type,
    event: Type.Union([Type.String(), Type.Null()], {
      description:
        "Name of the event of a track call. Beyond the first 1,000 of a version it is null, as `path` is: counted by type and kind alone.",
    }),
    path: Type.Union([Type.String(), Type.Null()], {
      description: "Any place in a list is `[*]`.",
      examples: ["properties.products[*].price"],
    }),
    kind,
    count: Type.Integer({ description: "Calls that were taken and broke the plan in this way; each counts once." }),
    firstAt: shapes.isoTime,
    lastAt: shapes.isoTime,
    samples: Type.Array(Type.String(), { description: "MessageIds of the latest of them, newest first." }),
  },
  { title: "PlanViolation" },
);

export const checkBody = Type.Object(
  {
    document: Type.Optional({ ...document, description: "Left out: the plan that holds." }),
    calls: Type.Optional(
      Type.Array(shapes.anyObject, {
        minItems: 1,
        maxItems: maxCheckedCalls,
        description: "Calls as they are sent, each with its `type`.",
      }),
    ),
    latest: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxCheckedCalls,
        description:
          "So many of the latest calls that were taken from the source, as they are kept. Without `calls`, 100.",
      }),
    ),
  },
  { additionalProperties: false },
);

export const check = Type.Object(
  {
    judged: Type.Integer(),
    conforming: Type.Integer({ description: "Calls that keep to the plan." }),
    rejected: Type.Integer({ description: "Calls that the plan would refuse." }),
    violations: Type.Array(
      Type.Object({
        type,
        event: shapes.nullableText,
        path: Type.String(),
        kind,
        count: Type.Integer({ description: "Calls that have it." }),
        example: Type.Object(
          { index: Type.Integer(), messageId: shapes.nullableText },
          { description: "One of them: its place among what was judged, from 0." },
        ),
      }),
      { description: "Most frequent first, at most 1,000." },
    ),
    isCut: Type.Boolean({ description: "There are others." }),
  },
  { title: "PlanCheck" },
);

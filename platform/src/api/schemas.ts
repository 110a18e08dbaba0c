import { Type } from "@fastify/type-provider-typebox";
import { sourceKinds } from "../model/source.ts";
import { violationKinds } from "../model/trackingPlan.ts";

/**
 * The shapes of API.md as JSON Schema, from which requests are checked and the OpenAPI document is made. A schema with
 * a `title` becomes a named component of that document.
 */
export const maxPageItems = 1_000;
export const defaultPageItems = 50;

const time = (description = "ISO 8601 UTC with milliseconds.") => Type.String({ format: "date-time", description });
const nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);

export const isoTime = time();
export const nullableText = nullable(Type.String());
export const nullableTime = nullable(time());
export const anyObject = Type.Record(Type.String(), Type.Unknown());

export const identifierTypePattern = "^[a-z][a-z0-9_]{0,39}$";
/** Longer than any normalised value may be: what a person typed still has its spaces and brackets. */
export const maxTypedValueChars = 1_024;

export const identifierType = Type.String({ pattern: identifierTypePattern, examples: ["email"] });
export const identifierValue = Type.String({
  minLength: 1,
  maxLength: maxTypedValueChars,
  description: "As you have it: it is normalised first.",
  examples: ["ada@example.com"],
});
export const sourceId = Type.String({ pattern: "^[a-z][a-z0-9_-]{0,62}$", examples: ["web"] });
export const profileId = Type.String({ minLength: 1, maxLength: 64, examples: ["p_dGhpcyBpcyBh"] });
export const messageId = Type.String({ minLength: 1, maxLength: 100 });
export const cursor = Type.String({ minLength: 1, maxLength: 1_024, description: "`next` of an earlier answer." });
export const limit = Type.Integer({ minimum: 1, maximum: maxPageItems, default: defaultPageItems });

export const money = Type.Object(
  { amount: Type.Integer({ description: "Minor units: pence, cents, yen." }), currency: Type.String() },
  { title: "Money" },
);

const computed = Type.Object(
  {
    eventCount: Type.Integer(),
    orderCount: Type.Integer(),
    refundCount: Type.Integer(),
    revenue: money,
    revenueByCurrency: Type.Record(Type.String(), Type.Integer()),
    averageOrderValue: Type.Record(Type.String(), Type.Integer()),
    firstOrderAt: nullableTime,
    lastOrderAt: nullableTime,
    daysBetweenOrders: nullable(Type.Number()),
    favouriteCategory: nullableText,
    favouriteChannel: nullableText,
    rfm: Type.Object({ lastOrderAt: nullableTime, frequency: Type.Integer(), monetary: money }),
  },
  { title: "ComputedTraits" },
);

export const traitValue = Type.Object(
  { value: Type.Unknown(), source: Type.String(), messageId: Type.String(), occurredAt: isoTime },
  { title: "TraitValue" },
);

/** Optional but for `id`: `?fields=` leaves the others out. */
export const profile = Type.Object(
  {
    id: Type.String(),
    identifiers: Type.Optional(
      Type.Array(
        Type.Object({
          type: Type.String(),
          value: Type.String(),
          firstSeenAt: isoTime,
          lastSeenAt: isoTime,
          sources: Type.Array(Type.String()),
        }),
      ),
    ),
    traits: Type.Optional(Type.Record(Type.String(), traitValue)),
    computed: Type.Optional(computed),
    consents: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object({
          status: Type.Enum(["granted", "denied"]),
          source: Type.String(),
          occurredAt: isoTime,
        }),
      ),
    ),
    firstSeenAt: Type.Optional(isoTime),
    lastSeenAt: Type.Optional(isoTime),
    sources: Type.Optional(Type.Array(Type.String())),
    retiredIds: Type.Optional(Type.Array(Type.String())),
    household: Type.Optional(
      Type.Union([Type.Object({ id: Type.String(), people: Type.Integer() }), Type.Null()], {
        description: "The home that this person shares with others: `GET /api/households/{id}`.",
      }),
    ),
  },
  { title: "Profile" },
);

export const timelineEvent = Type.Object(
  {
    messageId: Type.String(),
    source: Type.String(),
    sourceKind: Type.String(),
    type: Type.String(),
    event: nullableText,
    occurredAt: isoTime,
    receivedAt: isoTime,
    identifier: nullable(Type.Object({ type: Type.String(), value: Type.String() })),
    properties: anyObject,
    context: anyObject,
  },
  { title: "TimelineEvent" },
);

export const edge = Type.Object(
  {
    from: Type.String(),
    to: Type.String(),
    rule: Type.String(),
    kind: Type.Enum(["same", "different"]),
    confidence: Type.Number(),
    source: Type.String(),
    messageId: Type.String(),
    occurredAt: isoTime,
    lastOccurredAt: isoTime,
    count: Type.Integer(),
    status: Type.Enum(["active", "refused"]),
    reason: nullableText,
    said: Type.Optional(
      Type.Object(
        { by: Type.String(), reason: Type.String() },
        { description: "Of what a person said; `messageId` is the correction's id." },
      ),
    ),
  },
  { title: "Edge" },
);

/** Who had a shared device. */
export const sharedDevice = Type.Object(
  {
    device: Type.String({ examples: ["anonymous_id:8f2c"] }),
    spans: Type.Array(
      Type.Object({
        from: nullableTime,
        until: nullableTime,
        login: nullableText,
      }),
      {
        description:
          "The latest 100, in order, by event time: `from` null is since ever, `until` null for ever, `login` null nobody.",
      },
    ),
    spansLeftOut: Type.Integer({ description: "How many earlier ones there are." }),
  },
  { title: "SharedDevice" },
);

export const source = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    kind: Type.Enum(sourceKinds),
    enabled: Type.Boolean(),
    maxEventsPerSecond: Type.Union([Type.Integer(), Type.Null()], {
      description: "More is refused with 429 and a time to come back; null: no limit of its own.",
    }),
    createdAt: isoTime,
  },
  { title: "Source" },
);

const sourceCounts = Type.Object({ accepted: Type.Integer(), rejected: Type.Integer() }, { title: "SourceCounts" });

/** A source with what came from it lately. */
export const sourceWithHealth = Type.Object(
  {
    ...source.properties,
    health: Type.Object(
      {
        asOf: time("Everything that came by then is counted."),
        lastEventAt: nullableTime,
        lastRejectedAt: nullableTime,
        last5Minutes: sourceCounts,
        last24Hours: sourceCounts,
        total: sourceCounts,
      },
      { title: "SourceHealth", description: "By time of receipt, in whole minutes." },
    ),
  },
  { title: "SourceWithHealth" },
);

export const fate = Type.Object(
  {
    fate: Type.Enum(["processed", "suppressed", "rejected", "pending"]),
    reason: Type.Union([
      Type.Object({ code: Type.String(), message: Type.String(), field: Type.Optional(Type.String()) }),
      Type.Null(),
    ]),
    source: Type.String(),
    messageId: Type.String(),
    receivedAt: isoTime,
    processedAt: nullableTime,
    profileId: nullableText,
    duplicates: Type.Integer({ description: "Later deliveries of it; they changed nothing." }),
    differs: Type.Boolean({ description: "A later delivery had another body." }),
    planViolations: Type.Union(
      [
        Type.Object({
          version: Type.Integer(),
          violations: Type.Array(Type.Object({ kind: Type.Enum([...violationKinds]), path: Type.String() })),
        }),
        Type.Null(),
      ],
      { description: "How it broke its source's tracking plan, where it was taken all the same." },
    ),
    event: Type.Union([anyObject, Type.String()], { description: "Text where it was no JSON object." }),
  },
  { title: "Fate" },
);

export const sourceWithKey = Type.Object(
  { source, writeKey: Type.String({ description: "Shown in this answer and never again." }) },
  { title: "SourceWithWriteKey" },
);

const problem = Type.Object(
  {
    error: Type.Object({
      code: Type.String({ examples: ["profile_not_found"] }),
      message: Type.String({ description: "What is wrong." }),
      hint: Type.Optional(Type.String({ description: "How to mend it." })),
      field: Type.Optional(Type.String({ description: "Where, if anywhere." })),
      requestId: Type.String(),
    }),
  },
  { title: "Error" },
);

const descriptions = {
  400: "Malformed.",
  401: "Not signed in.",
  403: "Not allowed.",
  404: "Not found.",
  409: "In conflict with what is there.",
  413: "Too large.",
  415: "Not application/json.",
  422: "Understood but impossible.",
  429: "Too fast; see Retry-After.",
  503: "Not now; see Retry-After.",
};

/** The error answers of a route, for its `response` schema. */
export function problems(...statuses: (keyof typeof descriptions)[]) {
  return Object.fromEntries(statuses.map((status) => [status, { description: descriptions[status], ...problem }]));
}

/** A list answer: `{items, next}`. */
export function page<S extends Parameters<typeof Type.Array>[0]>(item: S) {
  return Type.Object({ items: Type.Array(item), next: nullableText });
}

import { Type } from "@fastify/type-provider-typebox";
import * as shapes from "../schemas.ts";

const nullableNumber = Type.Union([Type.Integer(), Type.Null()]);
const decision = Type.Enum(["ordinary", "blocked", "hub", "shared"]);

export const document = Type.Record(Type.String(), Type.Unknown(), {
  description: "The identity rules, whole. docs/identity.md tells its fields.",
});
export const number = Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: "Of a version." });

const head = {
  number: Type.Integer(),
  hash: Type.String({ description: "SHA-256 of the document's contents, in hexadecimal." }),
  by: Type.Union([Type.String(), Type.Null()], {
    description: "Id of the API token; null for the defaults, which nobody published.",
  }),
  reason: Type.String(),
  publishedAt: shapes.nullableTime,
  inForce: Type.Boolean({ description: "Everybody is who they are by it." }),
};
export const versionHead = Type.Object(head, { title: "RulesVersionHead" });
export const version = Type.Object({ ...head, document }, { title: "RulesVersion" });

export const list = Type.Object(
  {
    current: version,
    applying: Type.Union([Type.Object({ number: Type.Integer(), since: shapes.isoTime }), Type.Null()], {
      description: "Published, durable, and just being applied to everybody; events wait for it.",
    }),
    items: Type.Array(versionHead),
    next: shapes.nullableText,
  },
  { title: "RulesVersions" },
);

const change = Type.Object(
  { path: Type.String(), before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()) },
  { title: "DocumentChange", description: "Of a list, what it loses and what it gains." },
);
const person = Type.Object(
  { profileId: Type.String(), identifiers: Type.Array(Type.String()), identifierCount: Type.Integer() },
  { title: "ExamplePerson" },
);
const example = Type.Object(
  {
    kind: Type.Enum(["join", "split", "other"]),
    before: Type.Array(person),
    after: Type.Array(person),
    because: Type.Array(
      Type.Object({
        change,
        alone: Type.Boolean({ description: "This change by itself does it; else it takes part." }),
      }),
    ),
    reasons: Type.Array(Type.String()),
  },
  { title: "EffectExample" },
);
const effect = Type.Object(
  {
    people: Type.Object({ before: Type.Integer(), after: Type.Integer() }),
    joins: Type.Integer({ description: "People that would be made of several." }),
    splits: Type.Integer({ description: "People that would become several." }),
    affected: Type.Integer({ description: "People who live now and would be others in any way." }),
    decisions: Type.Array(Type.Object({ type: Type.String(), from: decision, to: decision, count: Type.Integer() }), {
      description: "Identifiers that would become hubs, shared or blocked, or stop being so.",
    }),
    affectedIds: Type.Array(Type.String(), { description: "Their profile ids, at most 10,000." }),
    examples: Type.Array(example, { description: "At most ten of each kind." }),
  },
  { title: "RulesEffect" },
);
export const preview = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(["running", "done", "failed", "cancelled"]),
    progress: Type.Number({ description: "From 0 to 1." }),
    startedAt: shapes.isoTime,
    endedAt: shapes.nullableTime,
    hash: Type.String(),
    changes: Type.Array(change, { description: "What differs from the version that held when it began." }),
    against: { ...nullableNumber, description: "The version that everybody was compared under." },
    effect: Type.Union([effect, Type.Null()]),
    problem: Type.Union([
      Type.Object({ code: Type.String(), message: Type.String(), hint: shapes.nullableText }),
      Type.Null(),
    ]),
  },
  { title: "RulesPreview" },
);

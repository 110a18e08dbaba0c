import { Type } from "@fastify/type-provider-typebox";
import { consumerNames, consumerStates, severities, tierNames } from "../operations.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { backupShape } from "./backups.ts";

const nullableNumber = Type.Union([Type.Number(), Type.Null()]);
const nullableCount = Type.Union([Type.Integer(), Type.Null()]);
const severity = Type.Enum([...severities]);

const advice = Type.Object(
  {
    code: Type.String(),
    severity,
    message: Type.String({ description: "What is the matter." }),
    hint: Type.String({ description: "What to do." }),
  },
  { title: "Advice" },
);

const consumer = Type.Object(
  {
    name: Type.Enum([...consumerNames]),
    state: Type.Enum([...consumerStates], { description: "unknown: it is being started again, or is stuck." }),
    asOf: shapes.nullableTime,
    lagSeconds: nullableNumber,
    waiting: Type.Union([Type.Integer(), Type.Null()], {
      description: "Of ingestion, records that are not decided; of the others, changes that they do not hold.",
    }),
  },
  { title: "Consumer" },
);

const tier = Type.Object(
  {
    name: Type.Enum([...tierNames], {
      description:
        "log: sealed segments as they were written; archive: those that are compressed; lake: columns for SQL.",
    }),
    files: Type.Integer(),
    bytes: Type.Integer(),
    records: Type.Integer(),
    bytesPerMillionRecords: nullableCount,
  },
  { title: "Tier" },
);

const disk = Type.Object(
  {
    measuredAt: shapes.isoTime,
    freeBytes: Type.Integer(),
    totalBytes: Type.Integer(),
    usedBytes: Type.Integer({ description: "Of the data directory." }),
    parts: Type.Array(Type.Object({ name: Type.String(), bytes: Type.Integer() })),
    tiers: Type.Array(tier, { description: "How events are kept. What is not known at the moment is left out." }),
    keptSince: Type.Union([shapes.isoTime, Type.Null()], { description: "When the log began: nothing older is kept." }),
    bytesPerMillionRecords: nullableCount,
    daysLeft: Type.Union([Type.Number(), Type.Null()], { description: "At the rate of the last 24 hours." }),
  },
  { title: "Disk" },
);

const operations = Type.Object(
  {
    now: shapes.isoTime,
    version: Type.String(),
    startedAt: shapes.isoTime,
    state: Type.Enum(["well", ...severities]),
    advice: Type.Array(advice, { description: "What to do now, the worst first." }),
    consumers: Type.Array(consumer),
    minutes: Type.Array(Type.Object({ at: shapes.isoTime, accepted: Type.Integer(), rejected: Type.Integer() }), {
      description: "What came in each minute of the last hour, oldest first.",
    }),
    disk: Type.Union([disk, Type.Null()], {
      description: "Measured every half minute at most; null where it cannot be.",
    }),
    memory: Type.Object({ residentBytes: Type.Integer() }),
    backup: Type.Union([backupShape, Type.Null()], { description: "The latest since the start." }),
    retries: Type.Array(Type.Object({ at: shapes.isoTime, message: Type.String() }), {
      description: "The latest failures that are tried again, newest first.",
    }),
  },
  { title: "Operations" },
);

export function operationsRoutes(api: Api, services: Services): void {
  api.get(
    "/api/operations",
    {
      schema: {
        operationId: "getOperations",
        tags: ["operations"],
        summary: "Whether all is well, and what to do now",
        response: { 200: operations, ...shapes.problems(401, 503) },
      },
    },
    async () => services.operations(),
  );
}

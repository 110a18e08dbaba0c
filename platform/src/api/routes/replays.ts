import { Type } from "@fastify/type-provider-typebox";
import { maxReplayMessages, replayStatuses } from "../../storage/replays.ts";
import { callerIn, type CallerOf } from "../caller.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { causeId } from "./rejections.ts";
import { listQuery } from "./sources.ts";

const transformation = Type.Object(
  { operations: Type.Array(shapes.anyObject) },
  {
    title: "Transformation",
    description:
      "At most 50 operations, one after the other; what is not there is passed over. Paths are JSON Pointers in which " +
      "`*` stands for every place of a list. `{op: set, path, value, onlyIfMissing?}`, `{op: remove, path}`, " +
      "`{op: rename, path, to}`, `{op: copy, path, to}`, `{op: convert, path, to: string | number | integer | boolean, " +
      "decimal?}`, `{op: map, path, values, otherwise?}`, `{op: time, path, format, zone?}`.",
    examples: [{ operations: [{ op: "convert", path: "/properties/total", to: "number", decimal: "," }] }],
  },
);

const nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);
const reason = Type.Object({ code: Type.String(), message: Type.String(), field: Type.Optional(Type.String()) });

const replay = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum([...replayStatuses]),
    dryRun: Type.Boolean(),
    source: Type.String(),
    cause: shapes.nullableText,
    messageIds: nullable(Type.Array(Type.String())),
    transformation: nullable(shapes.anyObject),
    by: Type.String({ description: "The id of the API token that it came with." }),
    startedAt: shapes.isoTime,
    endedAt: shapes.nullableTime,
    total: Type.Integer({ description: "Of the cause what was open when it began." }),
    accepted: Type.Integer({ description: "Taken, and counted once; in a dry run: would be taken." }),
    refused: Type.Integer({ description: "Refused again." }),
    skipped: Type.Integer({ description: "Mended otherwise meanwhile, or never refused." }),
    refusals: Type.Array(
      Type.Object({ code: Type.String(), message: Type.String(), field: shapes.nullableText, count: Type.Integer() }),
      { description: "Why, at most 20 reasons, and the rest as `other`." },
    ),
    examples: Type.Array(
      Type.Object({
        messageId: Type.String(),
        before: shapes.anyObject,
        after: shapes.anyObject,
        reason: nullable(reason),
      }),
      { description: "Of a dry run: at most five that would be taken, and five that would be refused." },
    ),
    problem: Type.Union(
      [Type.Object({ code: Type.String(), message: Type.String(), hint: shapes.nullableText }), Type.Null()],
      { description: "Why it failed, or what it waits for." },
    ),
  },
  { title: "Replay" },
);

const replayId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) });

/** Many refused calls sent again, in the background. */
export function replayRoutes(api: Api, services: Services, callerOf: CallerOf): void {
  startRoute(api, services, callerOf);
  readRoutes(api, services);
  changeRoutes(api, services);
}

function startRoute(api: Api, { replays }: Services, callerOf: CallerOf): void {
  api.post(
    "/api/replays",
    {
      config: { idempotent: true },
      schema: {
        operationId: "startReplay",
        tags: ["events"],
        summary: "Send refused calls again, as they were or transformed: all of a cause, or some; or try it out first",
        description:
          "Each keeps its messageId, its source and its time, goes through all checks, and is sent at most once, " +
          "whoever replays it besides and whatever is killed. Give `cause`, or `source` and `messageIds`. With `dryRun` " +
          "nothing is sent. It is answered when it is through or after 1.5 s; while `status` is `running`, ask for it " +
          "again by its `id`. One replay and one dry run at a time; a replay goes on over a restart.",
        body: Type.Object(
          {
            cause: Type.Optional(causeId),
            source: Type.Optional(shapes.sourceId),
            messageIds: Type.Optional(Type.Array(shapes.messageId, { minItems: 1, maxItems: maxReplayMessages })),
            transformation: Type.Optional(nullable(transformation)),
            dryRun: Type.Optional(Type.Boolean({ default: false })),
          },
          { additionalProperties: false },
        ),
        response: { 200: replay, ...shapes.problems(400, 401, 404, 409, 413, 415, 422, 503) },
      },
    },
    async ({ body, headers }) => replays.start(body, await callerIn(headers, callerOf)),
  );
}

function readRoutes(api: Api, { replays }: Services): void {
  api.get(
    "/api/replays",
    {
      schema: {
        operationId: "listReplays",
        tags: ["events"],
        summary: "Replays, newest first; the last 100 that ended are kept",
        querystring: listQuery,
        response: { 200: shapes.page(replay), ...shapes.problems(400, 401) },
      },
    },
    ({ query }) => replays.list({ after: query.after ?? null, limit: query.limit ?? shapes.defaultPageItems }),
  );

  api.get(
    "/api/replays/:id",
    {
      schema: {
        operationId: "getReplay",
        tags: ["events"],
        summary: "A replay or a dry run: how far it is, and what came of it",
        params: replayId,
        response: { 200: replay, ...shapes.problems(400, 401, 404) },
      },
    },
    ({ params }) => replays.find(params.id),
  );
}

function changeRoutes(api: Api, { replays }: Services): void {
  api.post(
    "/api/replays/:id/stop",
    {
      config: { idempotent: true },
      schema: {
        operationId: "stopReplay",
        tags: ["events"],
        summary: "Stop a replay or a dry run: what was sent stays, and it can go on later",
        params: replayId,
        response: { 200: replay, ...shapes.problems(400, 401, 404) },
      },
    },
    ({ params }) => replays.stop(params.id),
  );

  api.post(
    "/api/replays/:id/resume",
    {
      config: { idempotent: true },
      schema: {
        operationId: "resumeReplay",
        tags: ["events"],
        summary: "Go on with a replay that was stopped or failed",
        params: replayId,
        response: { 200: replay, ...shapes.problems(400, 401, 404, 409) },
      },
    },
    ({ params }) => replays.resume(params.id),
  );
}

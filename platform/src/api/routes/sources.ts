import { Type } from "@fastify/type-provider-typebox";
import { Problem } from "../../model/problem.ts";
import { mostEventsPerSecond, type Source, sourceKinds } from "../../model/source.ts";
import { pageOf } from "../paging.ts";
import { type Api, iso } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services, SourceHealthView } from "../services.ts";

export const listQuery = Type.Object(
  { limit: Type.Optional(shapes.limit), after: Type.Optional(shapes.cursor) },
  { additionalProperties: false },
);

function sourceView({ createdAt, ...source }: Source) {
  return { ...source, createdAt: iso(createdAt) };
}

function withHealth(source: Source, healthOf: (source: string) => SourceHealthView) {
  return { ...sourceView(source), health: healthOf(source.id) };
}

const byId = Type.Object({ id: shapes.sourceId });

export function sourceRoutes(api: Api, services: Services): void {
  listRoutes(api, services);
  changeRoutes(api, services);
}

function listRoutes(api: Api, services: Services): void {
  const { access } = services;
  api.get(
    "/api/sources",
    {
      schema: {
        operationId: "listSources",
        tags: ["sources"],
        summary: "The systems that may send events, with what came from each lately",
        querystring: listQuery,
        response: { 200: shapes.page(shapes.sourceWithHealth), ...shapes.problems(400, 401) },
      },
    },
    async ({ query }) => {
      const { items, next } = pageOf(await access.sources(), {
        limit: query.limit ?? shapes.defaultPageItems,
        after: query.after,
      });
      const health = await services.sourceHealth();
      return { items: items.map((source) => withHealth(source, health)), next };
    },
  );

  api.get(
    "/api/sources/:id",
    {
      schema: {
        operationId: "getSource",
        tags: ["sources"],
        summary: "A source, with what came from it lately",
        params: byId,
        response: { 200: shapes.sourceWithHealth, ...shapes.problems(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const source = (await access.sources()).find(({ id }) => id === params.id);
      if (source !== undefined) return withHealth(source, await services.sourceHealth());
      throw new Problem(404, "source_not_found", "There is no such source.", {
        hint: "GET /api/sources lists them.",
        field: "id",
      });
    },
  );

  api.post(
    "/api/sources",
    {
      config: { idempotent: true },
      schema: {
        operationId: "createSource",
        tags: ["sources"],
        summary: "A new source; the answer shows its write key once",
        body: Type.Object(
          {
            id: shapes.sourceId,
            name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
            kind: Type.Enum(sourceKinds),
          },
          { additionalProperties: false },
        ),
        response: { 201: shapes.sourceWithKey, ...shapes.problems(400, 401, 409, 422) },
      },
    },
    async ({ body }, reply) => {
      const made = await access.createSource(body);
      return reply.code(201).send({ source: sourceView(made.source), writeKey: made.writeKey });
    },
  );
}

function changeRoutes(api: Api, { access }: Services): void {
  api.post(
    "/api/sources/:id/rotate",
    {
      config: { idempotent: true },
      schema: {
        operationId: "rotateWriteKey",
        tags: ["sources"],
        summary: "A new write key in place of the old one, which stops at once",
        params: byId,
        response: { 200: shapes.sourceWithKey, ...shapes.problems(400, 401, 404, 422) },
      },
    },
    async ({ params }) => {
      const { source, writeKey } = await access.rotateWriteKey(params.id);
      return { source: sourceView(source), writeKey };
    },
  );

  api.patch(
    "/api/sources/:id",
    {
      config: { idempotent: true },
      schema: {
        operationId: "changeSource",
        tags: ["sources"],
        summary: "Enable or disable a source, or limit what it may send a second",
        params: byId,
        body: Type.Object(
          {
            enabled: Type.Optional(Type.Boolean()),
            maxEventsPerSecond: Type.Optional(
              Type.Union([Type.Integer({ minimum: 1, maximum: mostEventsPerSecond }), Type.Null()], {
                description: "A request that begins in time is taken whole; null: no limit.",
              }),
            ),
          },
          { additionalProperties: false, minProperties: 1 },
        ),
        response: { 200: shapes.source, ...shapes.problems(400, 401, 404, 422) },
      },
    },
    async ({ params, body }) => sourceView(await access.changeSource(params.id, body)),
  );
}

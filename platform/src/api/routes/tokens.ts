import { Type } from "@fastify/type-provider-typebox";
import { pageOf } from "../paging.ts";
import { type Api, iso } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { listQuery } from "./sources.ts";

const tokenShape = Type.Object(
  { id: Type.String(), name: Type.String(), createdAt: shapes.isoTime },
  { title: "Token" },
);

export function tokenRoutes(api: Api, { access }: Services): void {
  api.get(
    "/api/tokens",
    {
      schema: {
        operationId: "listTokens",
        tags: ["tokens"],
        summary: "The API tokens by name; the tokens themselves are not kept",
        querystring: listQuery,
        response: { 200: shapes.page(tokenShape), ...shapes.problems(400, 401) },
      },
    },
    async ({ query }) => {
      const { items, next } = pageOf(await access.tokens(), {
        limit: query.limit ?? shapes.defaultPageItems,
        after: query.after,
      });
      return { items: items.map(({ id, name, createdAt }) => ({ id, name, createdAt: iso(createdAt) })), next };
    },
  );

  api.post(
    "/api/tokens",
    {
      config: { idempotent: true },
      schema: {
        operationId: "createToken",
        tags: ["tokens"],
        summary: "A new API token, shown once",
        body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false }),
        response: {
          201: Type.Object(
            {
              id: Type.String(),
              name: Type.String(),
              token: Type.String({ description: "Shown in this answer and never again." }),
            },
            { title: "NewToken" },
          ),
          ...shapes.problems(400, 401, 409, 422),
        },
      },
    },
    async ({ body }, reply) => {
      const { id, token } = await access.createToken(body.name);
      return reply.code(201).send({ id, name: body.name, token });
    },
  );

  api.delete(
    "/api/tokens/:id",
    {
      config: { idempotent: true },
      schema: {
        operationId: "revokeToken",
        tags: ["tokens"],
        summary: "Revoke a token; it stops at once",
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }),
        response: { 204: Type.Null({ description: "Revoked." }), ...shapes.problems(400, 401, 404, 422) },
      },
    },
    async ({ params }, reply) => {
      await access.revokeToken(params.id);
      return reply.code(204).send(null);
    },
  );
}

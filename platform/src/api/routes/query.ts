import { Type } from "@fastify/type-provider-typebox";
import { clientSignal } from "../clientSignal.ts";
import { type Api, iso } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { maxQueryRows } from "../../storage/timeline.ts";

const defaultQueryRows = 1_000;
const maxSqlChars = 100_000;

export function queryRoutes(api: Api, { analytics }: Services): void {
  api.post(
    "/api/query",
    {
      schema: {
        operationId: "query",
        tags: ["sql"],
        summary: "One SELECT over the views events, profiles, identifiers, orders, order_lines and households",
        body: Type.Object(
          {
            sql: Type.String({
              minLength: 1,
              maxLength: maxSqlChars,
              examples: ["SELECT channel, sum(net_minor) FROM orders GROUP BY channel"],
            }),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxQueryRows, default: defaultQueryRows })),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object(
            {
              columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
              rows: Type.Array(Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]))),
              truncated: Type.Boolean(),
              elapsedMs: Type.Number(),
              asOf: shapes.isoTime,
            },
            { title: "QueryAnswer" },
          ),
          ...shapes.problems(400, 401, 422, 429, 503),
        },
      },
    },
    async ({ body }, reply) => {
      const answer = await analytics.query(body.sql, body.limit ?? defaultQueryRows, clientSignal(reply.raw));
      return { ...answer, asOf: iso(answer.asOf) };
    },
  );
}

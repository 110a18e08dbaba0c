import { Type } from "@fastify/type-provider-typebox";
import { Problem } from "../../model/problem.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";

export function eventRoutes(api: Api, services: Services): void {
  api.get(
    "/api/events/:messageId",
    {
      schema: {
        operationId: "getFate",
        tags: ["events"],
        summary: "What became of an event",
        params: Type.Object({ messageId: shapes.messageId }),
        querystring: Type.Object(
          {
            source: Type.Optional({ ...shapes.sourceId, description: "Needed where two sources used one messageId." }),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object(
            {
              fate: Type.Enum(["processed", "suppressed", "rejected", "pending"]),
              reason: Type.Union([
                Type.Object({ code: Type.String(), message: Type.String(), field: Type.Optional(Type.String()) }),
                Type.Null(),
              ]),
              source: Type.String(),
              messageId: Type.String(),
              receivedAt: shapes.isoTime,
              processedAt: shapes.nullableTime,
              profileId: shapes.nullableText,
              duplicates: Type.Integer({ description: "Later deliveries of it; they changed nothing." }),
              differs: Type.Boolean({ description: "A later delivery had another body." }),
              event: Type.Union([shapes.anyObject, Type.String()], {
                description: "Text where it was no JSON object.",
              }),
            },
            { title: "Fate" },
          ),
          ...shapes.problems(400, 401, 404, 409),
        },
      },
    },
    async ({ params, query }) => {
      const fate = await services.fateOf(params.messageId, query.source ?? null);
      if (fate !== null) return fate;
      throw new Problem(404, "event_not_found", "No event with this messageId was accepted.", {
        hint: "Check the messageId and the source. What was answered with an error was never accepted.",
      });
    },
  );
}

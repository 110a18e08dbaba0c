import { Type } from "@fastify/type-provider-typebox";
import type { JsonObject } from "../../model/event.ts";
import { Problem } from "../../model/problem.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";

const ofMessage = Type.Object({ messageId: shapes.messageId });
const ofSource = Type.Object(
  { source: Type.Optional({ ...shapes.sourceId, description: "Needed where two sources used one messageId." }) },
  { additionalProperties: false },
);

export function eventRoutes(api: Api, services: Services): void {
  api.get(
    "/api/events/:messageId",
    {
      schema: {
        operationId: "getFate",
        tags: ["events"],
        summary: "What became of an event",
        description:
          "For as long as events are kept: of one that is deleted by age nothing is known any more (404, and the hint " +
          "says since when events are kept).",
        params: ofMessage,
        querystring: ofSource,
        response: { 200: shapes.fate, ...shapes.problems(400, 401, 404, 409) },
      },
    },
    async ({ params, query }) => {
      const fate = await services.fateOf(params.messageId, query.source ?? null);
      if (fate !== null) return fate;
      throw unknownEvent(await services.keptSince());
    },
  );
  replayRoute(api, services);
}

function replayRoute(api: Api, services: Services): void {
  api.post(
    "/api/events/:messageId/replay",
    {
      config: { idempotent: true },
      schema: {
        operationId: "replayEvent",
        tags: ["events"],
        summary: "Send a refused call again: as it was, or corrected",
        description:
          "The body is the corrected call; without one the kept copy is sent again. It keeps its messageId, its source " +
          "and its time, and goes through all checks. The answer is its fate now: refused again, with the new reason, " +
          "or processed.",
        params: ofMessage,
        querystring: ofSource,
        body: Type.Union([shapes.anyObject, Type.Null()]),
        response: { 200: shapes.fate, ...shapes.problems(400, 401, 404, 409, 413, 415, 422, 429, 503) },
      },
    },
    async ({ params, query, body }) => {
      // A parsed JSON object holds JSON.
      const corrected = (body ?? null) as JsonObject | null;
      const fate = await services.replay(params.messageId, query.source ?? null, corrected);
      if (fate !== null) return fate;
      throw unknownEvent(await services.keptSince());
    },
  );
}

function unknownEvent(keptSince: string | null): Problem {
  const check = "Check the messageId and the source. What was answered with an error was never accepted.";
  const kept = keptSince === null ? "" : ` Events are kept since ${keptSince}: what came before is deleted.`;
  return new Problem(404, "event_not_found", "No event with this messageId is known.", { hint: `${check}${kept}` });
}

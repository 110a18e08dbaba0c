import { Type } from "@fastify/type-provider-typebox";
import type { JsonObject } from "../../model/event.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";

export const maxImportBytes = 16 * 1_024 * 1_024;
export const maxImportCalls = 10_000;

export function importRoutes(api: Api, services: Services): void {
  api.post(
    "/api/imports/:source",
    {
      bodyLimit: maxImportBytes,
      config: { idempotent: true, anyKeys: true },
      schema: {
        operationId: "importCalls",
        tags: ["events"],
        summary: "Segment-shaped calls in bulk; durable when it answers",
        description:
          "Up to 16 MiB, and 1 MiB a call. A bad call is rejected alone, by its index. Unlike the tracking API it " +
          "takes calls that name no customer (guests).",
        params: Type.Object({ source: shapes.sourceId }),
        body: Type.Object(
          { calls: Type.Array(shapes.anyObject, { minItems: 1, maxItems: maxImportCalls }) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object(
            {
              accepted: Type.Integer(),
              rejected: Type.Array(
                Type.Object({
                  index: Type.Integer(),
                  code: Type.String(),
                  message: Type.String(),
                  field: Type.Optional(Type.String()),
                }),
              ),
            },
            { title: "SubmitAnswer" },
          ),
          ...shapes.problems(400, 401, 404, 413, 422, 429, 503),
        },
      },
    },
    // A parsed JSON object holds JSON.
    ({ params, body }) => services.submit(params.source, body.calls as JsonObject[]),
  );
}

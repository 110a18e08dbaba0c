import { Type } from "@fastify/type-provider-typebox";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { profileNotFound } from "./profiles.ts";

export const identifierKey = Type.String({
  pattern: `${shapes.identifierTypePattern.slice(0, -1)}:[^]+$`,
  maxLength: 41 + shapes.maxTypedValueChars,
  description: "`type:value`, as you have it.",
  examples: ["email:ada@example.com"],
});

const pair = Type.Object({ a: identifierKey, b: identifierKey }, { additionalProperties: false });

const explains = {
  tags: ["identity"],
  response: {
    200: Type.Object(
      {
        a: Type.String(),
        b: Type.String(),
        samePerson: Type.Boolean(),
        profileIds: Type.Tuple([shapes.nullableText, shapes.nullableText]),
        path: Type.Array(shapes.edge, { description: "From a to b when they are one person." }),
        refused: Type.Array(shapes.edge, { description: "What would join them but may not." }),
        explanation: Type.String(),
      },
      { title: "Why" },
    ),
    ...shapes.problems(400, 401, 404, 422, 503),
  },
};

export function identityRoutes(api: Api, { identity }: Services): void {
  api.get(
    "/api/profiles/id/:id/identity",
    {
      schema: {
        operationId: "getIdentity",
        tags: ["identity"],
        summary: "A person's identifiers and all evidence about them, refused evidence included",
        params: Type.Object({ id: shapes.profileId }),
        response: {
          200: Type.Object(
            {
              identifiers: Type.Array(
                Type.Object({
                  identifier: Type.String(),
                  decision: Type.Enum(["ordinary", "blocked", "hub", "shared"]),
                  reason: shapes.nullableText,
                }),
              ),
              edges: Type.Array(shapes.edge),
              devices: Type.Array(shapes.sharedDevice, {
                description:
                  "Shared devices of this person, and of whoever else signed in on them: who had each, when. At most 20.",
              }),
              devicesLeftOut: Type.Integer({ description: "How many more shared devices there are." }),
            },
            { title: "Identity" },
          ),
          ...shapes.problems(400, 401, 404, 422, 503),
        },
      },
    },
    async ({ params }) => {
      const view = await identity.of(params.id);
      if (view === null) throw profileNotFound("Profile ids come from other answers.");
      return view;
    },
  );

  api.get(
    "/api/identity/why",
    {
      schema: {
        ...explains,
        operationId: "explainIdentity",
        summary: "Why two identifiers are one person, or why they are not",
        description: "`POST /api/identity/why` is the same without personal data in the address.",
        querystring: pair,
      },
    },
    ({ query }) => identity.why(query.a, query.b),
  );

  api.post(
    "/api/identity/why",
    {
      schema: {
        ...explains,
        operationId: "explainIdentityOf",
        summary: "Why two identifiers are one person, or why they are not, the identifiers in the body",
        body: pair,
      },
    },
    ({ body }) => identity.why(body.a, body.b),
  );
}

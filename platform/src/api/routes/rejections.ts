import { Type } from "@fastify/type-provider-typebox";
import { callTypes } from "../../model/event.ts";
import { rejectionStates } from "../../storage/fates.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";

export const causeId = Type.String({ minLength: 1, maxLength: 64, examples: ["rc_k3Zt0bqW9yJx1LfA"] });

const rejection = Type.Object(
  {
    messageId: Type.String(),
    source: Type.String(),
    sourceKind: shapes.nullableText,
    code: Type.String({ examples: ["event_missing"] }),
    reason: Type.String({ description: "What is wrong and how to mend it." }),
    field: shapes.nullableText,
    receivedAt: shapes.nullableTime,
    mended: Type.Boolean({ description: "A call of this messageId was taken since." }),
    state: Type.Enum([...rejectionStates], {
      description: "replaced: a call of its messageId was refused again since, and that one is open in its place.",
    }),
    cause: Type.String({ description: "Id of its cause." }),
    event: Type.Union([shapes.anyObject, Type.String(), Type.Null()], {
      description: "As sent; text where it was no JSON object or was too large to keep whole.",
    }),
  },
  { title: "Rejection" },
);

const cause = Type.Object(
  {
    id: Type.String(),
    source: Type.String(),
    code: Type.String({ examples: ["wrong_type"] }),
    reason: Type.String({ description: "Of the newest: what is wrong and how to mend it." }),
    field: Type.Union([Type.String(), Type.Null()], {
      description: "Path of the offending field; any place in a list is `[*]`.",
      examples: ["properties.products[*].price"],
    }),
    type: Type.Union([Type.Enum([...callTypes]), Type.Null()]),
    event: Type.Union([Type.String(), Type.Null()], {
      description:
        "Name of the event, page or screen. A source's causes beyond the first 1,000 are told by code and type alone.",
    }),
    count: Type.Integer({ description: "Of all that was ever refused for it." }),
    open: Type.Integer({ description: "Of them, still to be mended." }),
    firstAt: shapes.nullableTime,
    lastAt: shapes.nullableTime,
    sample: Type.Object(
      { messageId: Type.String(), field: shapes.nullableText },
      { description: "The newest; its field with its place in lists." },
    ),
  },
  { title: "RejectionCause" },
);

const listing = {
  source: Type.Optional(shapes.sourceId),
  limit: Type.Optional(shapes.limit),
  after: Type.Optional(shapes.cursor),
};
const state = Type.Optional(
  Type.Enum(["open", "all"], { description: "open: only what is still to be mended.", default: "all" }),
);

export function rejectionRoutes(api: Api, { rejections }: Services): void {
  api.get(
    "/api/rejections",
    {
      schema: {
        operationId: "listRejections",
        tags: ["events"],
        summary: "Calls that were refused, newest first, as sent and with what to mend",
        description: "A page of large calls holds fewer than `limit`; `next` goes on.",
        querystring: Type.Object({ ...listing, cause: Type.Optional(causeId), state }, { additionalProperties: false }),
        response: { 200: shapes.page(rejection), ...shapes.problems(400, 401, 503) },
      },
    },
    ({ query }) =>
      rejections.list({
        source: query.source ?? null,
        cause: query.cause ?? null,
        onlyOpen: query.state === "open",
        after: query.after ?? null,
        limit: query.limit ?? shapes.defaultPageItems,
      }),
  );
  causeRoutes(api, rejections);
}

function causeRoutes(api: Api, rejections: Services["rejections"]): void {
  api.get(
    "/api/rejections/causes",
    {
      schema: {
        operationId: "listRejectionCauses",
        tags: ["events"],
        summary: "What calls are refused for, by source, reason, field and name, those with most to mend first",
        description: "Counts are as of what is decided. While they change, a cause may come twice or not at all.",
        querystring: Type.Object({ ...listing, state }, { additionalProperties: false }),
        response: {
          200: Type.Object({
            items: Type.Array(cause),
            next: shapes.nullableText,
            open: Type.Object(
              { causes: Type.Integer(), calls: Type.Integer() },
              { description: "On all pages: causes that have something to mend, and how many calls that is." },
            ),
          }),
          ...shapes.problems(400, 401),
        },
      },
    },
    ({ query }) =>
      rejections.causes({
        source: query.source ?? null,
        onlyOpen: query.state === "open",
        after: query.after ?? null,
        limit: query.limit ?? shapes.defaultPageItems,
      }),
  );

  api.get(
    "/api/rejections/causes/:id",
    {
      schema: {
        operationId: "getRejectionCause",
        tags: ["events"],
        summary: "A cause of refusals, with how much of it is still to be mended",
        params: Type.Object({ id: causeId }),
        response: { 200: cause, ...shapes.problems(400, 401, 404) },
      },
    },
    ({ params }) => rejections.cause(params.id),
  );
}

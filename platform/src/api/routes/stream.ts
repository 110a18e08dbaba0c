import { Type } from "@fastify/type-provider-typebox";
import type { FastifyReply } from "fastify";
import { Problem } from "../../model/problem.ts";
import { sourceKinds } from "../../model/source.ts";
import { tokenShown } from "../authorisation.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { responseSink } from "../stream/eventSink.ts";
import type { StreamFilter } from "../stream/filter.ts";
import { streamStatuses, type StreamStatus } from "../stream/streamTypes.ts";

const maxValues = 100;
const maxValueChars = 1_024;
const value = Type.String({ minLength: 1, maxLength: maxValueChars });
const several = (description: string) =>
  Type.Optional(Type.Union([value, Type.Array(value, { maxItems: maxValues })], { description }));

export function streamRoutes(api: Api, { stream }: Services, isToken: (token: string) => Promise<boolean>): void {
  api.get(
    "/api/stream",
    {
      exposeHeadRoute: false,
      schema: {
        operationId: "watchStream",
        tags: ["events"],
        summary: "Events as they come and are decided, live (server-sent events)",
        description:
          "Messages: `history` (the last five minutes of `rates`), `record` (a call as it was accepted or rejected, " +
          "and again once it is processed), `joined` (people that are one now), `rates` (each second), `skipped` " +
          "(what was not told), `closed`. Send the last id as the header `Last-Event-ID` to go on where you were. " +
          "docs/stream.md tells the shapes.",
        querystring: Type.Object(
          {
            status: several(`Of ${streamStatuses.join(", ")}; repeated or with commas.`),
            source: several("Ids of sources; repeated or with commas."),
            sourceKind: several(`Of ${sourceKinds.join(", ")}; repeated or with commas.`),
            event: several("Names of events, pages or screens; repeated."),
            profileId: Type.Optional(shapes.profileId),
          },
          { additionalProperties: false },
        ),
        response: {
          200: {
            description: "Server-sent events, until either side ends it.",
            content: { "text/event-stream": { schema: Type.String() } },
          },
          ...shapes.problems(400, 401, 429, 503),
        },
      },
    },
    async ({ query, headers }, reply) => {
      const filter: StreamFilter = {
        statuses: oneOf("status", listed(query.status), streamStatuses),
        sources: setOf(listed(query.source)),
        sourceKinds: oneOf("sourceKind", listed(query.sourceKind), sourceKinds),
        events: setOf(query.event === undefined ? null : [query.event].flat()),
        profileId: query.profileId ?? null,
      };
      const token = tokenShown("token", headers.authorization) ?? "";
      const lastEventId = [headers["last-event-id"]].flat()[0] ?? null;
      const isAllowed = (): Promise<boolean> => isToken(token);
      // What refuses a stream throws before anything is written.
      stream.subscribe({ filter, lastEventId, isAllowed, sink: () => opened(reply) });
      return reply;
    },
  );
}

/** From here on the answer is a stream, and no longer the framework's. */
function opened(reply: FastifyReply) {
  reply.hijack();
  const headers = {
    ...reply.getHeaders(),
    "content-type": "text/event-stream; charset=utf-8",
    "x-accel-buffering": "no",
  };
  reply.raw.writeHead(200, Object.fromEntries(Object.entries(headers).map(([name, is]) => [name, String(is)])));
  reply.raw.flushHeaders();
  return responseSink(reply.raw);
}

function listed(given: string | string[] | undefined): string[] | null {
  if (given === undefined) return null;
  return [given]
    .flat()
    .flatMap((part) => part.split(","))
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function setOf(values: readonly string[] | null): ReadonlySet<string> | null {
  return values === null || values.length === 0 ? null : new Set(values);
}

/** Problem 400 for a value that is none of the known ones: a misspelt filter would show nothing for ever. */
function oneOf<Known extends StreamStatus | (typeof sourceKinds)[number]>(
  field: string,
  values: readonly string[] | null,
  known: readonly Known[],
): ReadonlySet<Known> | null {
  if (values === null || values.length === 0) return null;
  const chosen = known.filter((one) => values.includes(one));
  if (values.every((one) => chosen.some((found) => found === one))) return new Set(chosen);
  throw new Problem(400, "filter_unknown", `\`${field}\` has a value that is not known.`, {
    hint: `Of: ${known.join(", ")}.`,
    field,
  });
}

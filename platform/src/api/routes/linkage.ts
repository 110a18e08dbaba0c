import { Type } from "@fastify/type-provider-typebox";
import { maxReasonChars } from "../../model/reason.ts";
import { Problem } from "../../model/problem.ts";
import { callerIn, type CallerOf } from "../caller.ts";
import { linkView, runView } from "../reviewViews.ts";
import { type Api, iso } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { listQuery } from "./sources.ts";

const nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);

const run = Type.Object(
  {
    id: Type.String(),
    state: Type.Enum(["running", "done", "failed", "cancelled"]),
    startedAt: shapes.isoTime,
    endedAt: shapes.nullableTime,
    by: Type.String({ description: "Id of the API token." }),
    automaticFrom: nullable(Type.Number({ description: "Pairs at least so probable were joined; null: none." })),
    reviewFrom: Type.Number({ description: "Pairs at least so probable were offered for review." }),
    stage: Type.String(),
    part: Type.Number({ description: "Of the stage, 0 to 1." }),
    records: Type.Integer(),
    comparedPairs: Type.Integer(),
    offered: Type.Integer(),
    linked: Type.Integer(),
    model: nullable(Type.Integer({ description: "Version of the model that it learned." })),
    error: shapes.nullableText,
  },
  { title: "LinkageRun" },
);
const link = Type.Object(
  {
    id: Type.String(),
    a: Type.String(),
    b: Type.String(),
    probability: Type.Number(),
    run: Type.String(),
    linkedAt: shapes.isoTime,
    status: Type.Enum(["in_effect", "withdrawn", "refused"]),
    explanation: shapes.nullableText,
  },
  { title: "Link" },
);
const byId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) });
const reason = Type.String({ minLength: 1, maxLength: maxReasonChars, description: "Why." });
const withdrawal = Type.Object({ reason }, { additionalProperties: false });
const runWithdrawal = Type.Object(
  { reason, after: Type.Optional(Type.String({ maxLength: 20, description: "`next` of the answer before." })) },
  { additionalProperties: false },
);
const withdrawnLinks = Type.Object({ withdrawn: Type.Integer() }, { title: "WithdrawnLinks" });
const withdrawnOfRun = Type.Object(
  { withdrawn: Type.Integer(), next: shapes.nullableText },
  { title: "WithdrawnOfRun" },
);
const runs = "/api/identity/linkage/runs";

export function linkageRoutes(api: Api, services: Services, callerOf: CallerOf): void {
  runRoutes(api, services, callerOf);
  withdrawRoutes(api, services, callerOf);
  modelRoute(api, services);
}

function runRoutes(api: Api, { linkage }: Services, callerOf: CallerOf): void {
  api.post(
    runs,
    {
      config: { idempotent: true },
      schema: {
        operationId: "startLinkage",
        tags: ["reviews"],
        summary: "Link all profiles by probability, in the background",
        description:
          "What is probable goes to the review queue. Nobody is joined, unless `automaticFrom` (or the setting) says from which probability.",
        body: Type.Object(
          { automaticFrom: Type.Optional(nullable(Type.Number({ minimum: 0.9, maximum: 1 }))) },
          { additionalProperties: false },
        ),
        response: { 202: run, ...shapes.problems(400, 401, 409, 413, 415, 422, 503) },
      },
    },
    async ({ body, headers }, reply) => {
      const started = await linkage.runs.start({ by: await callerIn(headers, callerOf), ...body });
      return reply.code(202).send(runView(started));
    },
  );

  api.get(
    runs,
    {
      schema: {
        operationId: "listLinkageRuns",
        tags: ["reviews"],
        summary: "Linkages of all profiles, newest first",
        querystring: listQuery,
        response: { 200: shapes.page(run), ...shapes.problems(400, 401, 503) },
      },
    },
    async ({ query }) => {
      const before = query.after === undefined ? null : numberIn(query.after);
      const page = await linkage.runs.list({ before, limit: query.limit ?? shapes.defaultPageItems });
      return { items: page.items.map(runView), next: page.next === null ? null : String(page.next) };
    },
  );

  api.get(
    `${runs}/:id`,
    {
      schema: {
        operationId: "getLinkageRun",
        tags: ["reviews"],
        summary: "How far a linkage is, or how it went",
        params: byId,
        response: { 200: run, ...shapes.problems(401, 404, 503) },
      },
    },
    async ({ params }) => runView(await linkage.runs.run(params.id)),
  );

  api.post(
    `${runs}/:id/cancel`,
    {
      schema: {
        operationId: "cancelLinkage",
        tags: ["reviews"],
        summary: "Stop a linkage that runs; what it has offered and linked stays",
        params: byId,
        response: { 200: run, ...shapes.problems(401, 404, 409, 503) },
      },
    },
    async ({ params }) => runView(await linkage.runs.cancel(params.id)),
  );
}

function withdrawRoutes(api: Api, { linkage }: Services, callerOf: CallerOf): void {
  api.get(
    `${runs}/:id/links`,
    {
      schema: {
        operationId: "listLinks",
        tags: ["reviews"],
        summary: "What a linkage joined, with whether it holds",
        params: byId,
        querystring: listQuery,
        response: { 200: shapes.page(link), ...shapes.problems(400, 401, 404, 503) },
      },
    },
    async ({ params, query }) => {
      await linkage.runs.run(params.id);
      const after = query.after === undefined ? null : numberIn(query.after);
      const page = await linkage.links.ofRun(params.id, { after, limit: query.limit ?? shapes.defaultPageItems });
      return { items: page.items.map(linkView), next: page.next === null ? null : String(page.next) };
    },
  );

  api.post(
    `${runs}/:id/withdraw`,
    {
      config: { idempotent: true },
      schema: {
        operationId: "withdrawLinkage",
        tags: ["reviews"],
        summary: "Take back what a linkage joined, some thousand links at a time: people are as if it had never been",
        description:
          "Go on with `after` until `next` is null. A linkage that still runs must end, or be cancelled, first.",
        params: byId,
        body: runWithdrawal,
        response: { 200: withdrawnOfRun, ...shapes.problems(400, 401, 404, 409, 413, 415, 422, 503) },
      },
    },
    async ({ params, body, headers }) => {
      const by = await callerIn(headers, callerOf);
      await linkage.runs.over(params.id);
      const after = body.after === undefined ? null : numberIn(body.after);
      const { withdrawn, next } = await linkage.links.withdrawRun(params.id, { by, reason: body.reason, after });
      return { withdrawn, next: next === null ? null : String(next) };
    },
  );

  api.post(
    "/api/identity/linkage/links/:id/withdraw",
    {
      config: { idempotent: true },
      schema: {
        operationId: "withdrawLink",
        tags: ["reviews"],
        summary: "Take back one link of a linkage",
        params: byId,
        body: withdrawal,
        response: { 200: withdrawnLinks, ...shapes.problems(400, 401, 404, 409, 413, 415, 422, 503) },
      },
    },
    async ({ params, body, headers }) => {
      const by = await callerIn(headers, callerOf);
      await linkage.links.withdraw(params.id, { by, reason: body.reason });
      return { withdrawn: 1 };
    },
  );
}

function modelRoute(api: Api, { reviews }: Services): void {
  api.get(
    "/api/identity/linkage/model",
    {
      schema: {
        operationId: "getLinkageModel",
        tags: ["reviews"],
        summary: "The model that profiles are compared with: the latest that a linkage learned",
        response: {
          200: Type.Object(
            { version: Type.Integer(), run: Type.String(), madeAt: shapes.isoTime, document: shapes.anyObject },
            { title: "KeptLinkageModel" },
          ),
          ...shapes.problems(401, 404, 503),
        },
      },
    },
    async () => {
      const kept = await reviews.model();
      if (kept === null) {
        throw new Problem(404, "linkage_model_not_found", "No linkage has learned a model yet.", {
          hint: "Profiles are compared with the usual one. Learn one with: POST /api/identity/linkage/runs",
        });
      }
      const { version, run: by, madeAt } = kept;
      return { version, run: by, madeAt: iso(madeAt), document: JSON.parse(kept.document) as Record<string, unknown> };
    },
  );
}

function numberIn(cursor: string): number {
  if (/^\d{1,16}$/.test(cursor)) return Number(cursor);
  throw new Problem(400, "cursor_invalid", "This is no cursor of this list.", {
    hint: "Give the `next` of the answer before, as it is.",
    field: "after",
  });
}

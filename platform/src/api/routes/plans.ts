import { Type } from "@fastify/type-provider-typebox";
import type { JsonObject } from "../../model/event.ts";
import { Problem } from "../../model/problem.ts";
import { violationOrders } from "../../storage/planViolations.ts";
import { callerIn, type CallerOf } from "../caller.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import * as plan from "./planSchemas.ts";
import { listQuery } from "./sources.ts";

const byId = Type.Object({ id: shapes.sourceId });
const address = "/api/sources/:id/tracking-plan";
const latestChecked = 100;

/** What a source has promised to send, with versions, and how it broke that. */
export function planRoutes(api: Api, services: Services, callerOf: CallerOf): void {
  readRoutes(api, services);
  writeRoutes(api, services, callerOf);
  checkRoute(api, services);
  violationsRoute(api, services);
}

function readRoutes(api: Api, { plans }: Services): void {
  api.get(
    address,
    {
      schema: {
        operationId: "getTrackingPlan",
        tags: ["tracking plans"],
        summary: "The tracking plan that holds for a source",
        params: byId,
        response: { 200: plan.version, ...shapes.problems(400, 401, 404) },
      },
    },
    ({ params }) => plans.current(params.id),
  );

  api.get(
    `${address}/versions`,
    {
      schema: {
        operationId: "listTrackingPlanVersions",
        tags: ["tracking plans"],
        summary: "Every version of a source's plan, newest first: by whom, when, why",
        params: byId,
        querystring: listQuery,
        response: { 200: shapes.page(plan.versionHead), ...shapes.problems(400, 401, 404) },
      },
    },
    ({ params, query }) =>
      plans.versions(params.id, { after: query.after ?? null, limit: query.limit ?? shapes.defaultPageItems }),
  );

  api.get(
    `${address}/versions/:version`,
    {
      schema: {
        operationId: "getTrackingPlanVersion",
        tags: ["tracking plans"],
        summary: "A version of a source's plan, whole",
        params: Type.Object({ id: shapes.sourceId, version: plan.number }),
        response: { 200: plan.version, ...shapes.problems(400, 401, 404) },
      },
    },
    ({ params }) => plans.version(params.id, params.version),
  );
}

function writeRoutes(api: Api, { plans }: Services, callerOf: CallerOf): void {
  api.put(
    address,
    {
      config: { idempotent: true },
      schema: {
        operationId: "publishTrackingPlan",
        tags: ["tracking plans"],
        summary: "Publish a plan: calls of the source are held to it from then on",
        description:
          "Kept for good with who, when and why. What was taken before stays as it is. Publishing an earlier version's " +
          "document again takes everything back.",
        params: byId,
        body: Type.Object(
          { document: plan.document, basedOn: plan.basedOn, reason: plan.reason },
          { additionalProperties: false },
        ),
        response: { 200: plan.version, ...shapes.problems(400, 401, 404, 409, 413, 415, 422) },
      },
    },
    async ({ params, body: { document, basedOn, reason }, headers }) => {
      const by = await callerIn(headers, callerOf);
      // A parsed JSON object holds JSON.
      return plans.publish(params.id, { document: document as JsonObject, basedOn, reason, by });
    },
  );

  api.delete(
    address,
    {
      config: { idempotent: true },
      schema: {
        operationId: "removeTrackingPlan",
        tags: ["tracking plans"],
        summary: "Take a source's plan away; its versions stay to be looked at",
        params: byId,
        querystring: Type.Object({ basedOn: plan.basedOn }, { additionalProperties: false }),
        response: { 200: plan.version, ...shapes.problems(400, 401, 404, 409, 422) },
      },
    },
    async ({ params, query, headers }) => {
      const by = await callerIn(headers, callerOf);
      return plans.remove(params.id, { basedOn: query.basedOn, by });
    },
  );
}

function checkRoute(api: Api, { plans }: Services): void {
  api.post(
    `${address}/check`,
    {
      schema: {
        operationId: "checkTrackingPlan",
        tags: ["tracking plans"],
        summary: "Dry run: what a plan would say of some calls, or of the latest from the source",
        description: "Nothing is published, taken or counted.",
        params: byId,
        body: plan.checkBody,
        response: { 200: plan.check, ...shapes.problems(400, 401, 404, 413, 415) },
      },
    },
    async ({ params, body: { document, calls, latest } }) => {
      if (calls !== undefined && latest !== undefined) {
        throw new Problem(400, "check_ambiguous", "Both `calls` and `latest` are given.", {
          hint: "Give the calls, or how many of the latest.",
          field: "latest",
        });
      }
      return plans.check(params.id, {
        document: (document ?? null) as JsonObject | null,
        calls: (calls as JsonObject[] | undefined) ?? { latest: latest ?? latestChecked },
      });
    },
  );
}

function violationsRoute(api: Api, { plans }: Services): void {
  api.get(
    `${address}/violations`,
    {
      schema: {
        operationId: "listPlanViolations",
        tags: ["tracking plans"],
        summary: "How calls that were taken broke the source's plan, counted, with samples",
        description:
          "Counts are exact as of what is decided, and the same after a rebuild. Calls that the plan refused are among " +
          "the rejections, with the code `plan_violation`.",
        params: byId,
        querystring: Type.Object(
          {
            version: Type.Optional(plan.number),
            order: Type.Optional(Type.Enum([...violationOrders], { default: "newest" })),
            limit: Type.Optional(shapes.limit),
            after: Type.Optional(shapes.cursor),
          },
          { additionalProperties: false },
        ),
        response: { 200: shapes.page(plan.violation), ...shapes.problems(400, 401, 404) },
      },
    },
    ({ params, query }) =>
      plans.violations(params.id, {
        version: query.version ?? null,
        order: query.order ?? "newest",
        after: query.after ?? null,
        limit: query.limit ?? shapes.defaultPageItems,
      }),
  );
}

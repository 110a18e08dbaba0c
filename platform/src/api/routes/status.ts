import { Type } from "@fastify/type-provider-typebox";
import { Problem } from "../../model/problem.ts";
import { knownInTime } from "../knownInTime.ts";
import { type Api, iso } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";

const wholeStatus = Type.Object(
  {
    ready: Type.Boolean(),
    now: shapes.isoTime,
    version: Type.String(),
    acceptedRecords: Type.Integer(),
    processedRecords: Type.Integer(),
    pendingRecords: Type.Integer({ description: "Durable but not yet decided." }),
    analytics: Type.Object(
      { asOf: Type.Union([shapes.isoTime, Type.Null()]) },
      { description: "What SQL and timelines hold; null while that is not known, as when they restart." },
    ),
    search: Type.Object(
      {
        asOf: Type.Union([shapes.isoTime, Type.Null()]),
        profiles: Type.Union([Type.Integer(), Type.Null()]),
      },
      { description: "What search finds; null while that is not known." },
    ),
    reviews: Type.Object(
      {
        asOf: Type.Union([shapes.isoTime, Type.Null()]),
        waiting: Type.Union([Type.Integer(), Type.Null()]),
      },
      { description: "What pairs are offered from, and how many wait; null while that is not known." },
    ),
  },
  { title: "Status" },
);

export function statusRoutes(api: Api, services: Services, now: () => number): void {
  probeRoutes(api, services);
  tellingRoutes(api, services, now);
}

function probeRoutes(api: Api, services: Services): void {
  api.get(
    "/healthz",
    {
      config: { access: "public" },
      schema: {
        operationId: "isAlive",
        tags: ["operations"],
        summary: "The process answers",
        security: [],
        response: { 200: Type.Object({ status: Type.Literal("ok") }) },
      },
    },
    async () => ({ status: "ok" as const }),
  );

  api.get(
    "/readyz",
    {
      config: { access: "public" },
      schema: {
        operationId: "isReady",
        tags: ["operations"],
        summary: "It takes events and answers questions",
        security: [],
        response: { 200: Type.Object({ status: Type.Literal("ready") }), ...shapes.problems(503) },
      },
    },
    async () => {
      const { ready } = await services.status();
      if (ready) return { status: "ready" as const };
      throw new Problem(503, "not_ready", "The platform takes no events at the moment.", { retryAfterSeconds: 1 });
    },
  );
}

function tellingRoutes(api: Api, services: Services, now: () => number): void {
  api.get(
    "/api/status",
    {
      schema: {
        operationId: "getStatus",
        tags: ["operations"],
        summary: "How far everything is",
        response: {
          200: wholeStatus,
          ...shapes.problems(401, 503),
        },
      },
    },
    async () => {
      const [status, followed, search, reviews] = await Promise.all([
        services.status(),
        knownInTime(services.analytics.status()),
        knownInTime(services.search.status()),
        knownInTime(services.reviews.status()),
      ]);
      return {
        ...status,
        now: iso(now()),
        analytics: { asOf: followed === null ? null : iso(followed.asOf) },
        search:
          search === null ? { asOf: null, profiles: null } : { asOf: iso(search.asOf), profiles: search.profiles },
        reviews:
          reviews === null ? { asOf: null, waiting: null } : { asOf: iso(reviews.asOf), waiting: reviews.waiting },
      };
    },
  );

  api.get(
    "/metrics",
    {
      schema: {
        operationId: "getMetrics",
        tags: ["operations"],
        summary: "Metrics for Prometheus",
        response: {
          200: { description: "Prometheus text.", content: { "text/plain": { schema: Type.String() } } },
          ...shapes.problems(401),
        },
      },
    },
    async (_request, reply) => {
      reply.type("text/plain; version=0.0.4; charset=utf-8");
      return services.metrics();
    },
  );
}

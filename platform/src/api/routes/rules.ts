import { Type } from "@fastify/type-provider-typebox";
import { Problem } from "../../model/problem.ts";
import { maxReasonChars } from "../../model/reason.ts";
import { tokenShown } from "../authorisation.ts";
import type { Api } from "../routeTypes.ts";
import { previewView, versionHead, versionView } from "../rulesViews.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import * as rules from "./rulesSchemas.ts";
import { listQuery } from "./sources.ts";

type CallerOf = (token: string) => Promise<string | null>;

const previewId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) });
const reason = Type.String({
  minLength: 1,
  maxLength: maxReasonChars,
  description: "Why, for whoever looks at it later.",
  examples: ["Families share an e-mail here."],
});

/** The rules of who is who, as a document with versions. */
export function rulesRoutes(api: Api, services: Services, callerOf: CallerOf): void {
  readRoutes(api, services);
  previewRoutes(api, services);
  publishRoute(api, services, callerOf);
}

function readRoutes(api: Api, services: Services): void {
  api.get(
    "/api/identity/rules",
    {
      schema: {
        operationId: "listIdentityRules",
        tags: ["identity"],
        summary: "The rules that hold, and every version that was published, newest first: by whom, when, why",
        querystring: listQuery,
        response: { 200: rules.list, ...shapes.problems(400, 401) },
      },
    },
    async ({ query }) => {
      const below = query.after === undefined ? null : numberIn(query.after);
      const { current, applying, items, next } = await services.rules.list({
        below,
        limit: query.limit ?? shapes.defaultPageItems,
      });
      return {
        current: versionView(current),
        applying: applying === null ? null : { ...applying, since: new Date(applying.since).toISOString() },
        items: items.map(versionHead),
        next: next === null ? null : String(next),
      };
    },
  );

  api.get(
    "/api/identity/rules/:version",
    {
      schema: {
        operationId: "getIdentityRules",
        tags: ["identity"],
        summary: "A version of the rules, whole",
        params: Type.Object({ version: rules.number }),
        response: { 200: rules.version, ...shapes.problems(400, 401, 404) },
      },
    },
    async ({ params }) => versionView(await services.rules.version(params.version)),
  );
}

function previewRoutes(api: Api, services: Services): void {
  api.post(
    "/api/identity/rules/preview",
    {
      schema: {
        operationId: "previewIdentityRules",
        tags: ["identity"],
        summary: "Dry run: who would be who by other rules, counted over everybody, with examples",
        description:
          "Nothing is changed, and events go on meanwhile. It is answered when it is done or after 1.5 s; while `status` " +
          "is `running`, ask for it again by its `id`. One runs at a time.",
        body: Type.Object({ document: rules.document }, { additionalProperties: false }),
        response: { 200: rules.preview, ...shapes.problems(400, 401, 413, 415, 503) },
      },
    },
    async ({ body }) => previewView(await services.rules.preview(body.document)),
  );

  api.get(
    "/api/identity/rules/previews/:id",
    {
      schema: {
        operationId: "getRulesPreview",
        tags: ["identity"],
        summary: "A dry run that was asked for: how far it is, or what it found",
        params: previewId,
        response: { 200: rules.preview, ...shapes.problems(400, 401, 404) },
      },
    },
    async ({ params }) => previewView(services.rules.previewOf(params.id)),
  );

  api.post(
    "/api/identity/rules/previews/:id/cancel",
    {
      schema: {
        operationId: "cancelRulesPreview",
        tags: ["identity"],
        summary: "Stop a dry run; one that is done stays as it is",
        params: previewId,
        response: { 200: rules.preview, ...shapes.problems(400, 401, 404) },
      },
    },
    async ({ params }) => previewView(await services.rules.cancelPreview(params.id)),
  );
}

function publishRoute(api: Api, services: Services, callerOf: CallerOf): void {
  api.post(
    "/api/identity/rules",
    {
      config: { idempotent: true },
      schema: {
        operationId: "publishIdentityRules",
        tags: ["identity"],
        summary: "Publish rules: they hold from then on, for everything that was ever sent",
        description:
          "Kept for good with who, when and why, as a record of the event log: a rebuild comes to the same people. " +
          "Publishing an earlier version's document again takes everything back. It is durable when it is answered, " +
          "and applied to everybody unless `decided` is false.",
        body: Type.Object({ document: rules.document, basedOn: rules.number, reason }, { additionalProperties: false }),
        response: {
          200: Type.Object(
            {
              version: rules.version,
              decided: Type.Boolean({ description: "False: durable, and being applied to everybody." }),
            },
            { title: "RulesAnswer" },
          ),
          ...shapes.problems(400, 401, 409, 413, 415, 422, 503),
        },
      },
    },
    async ({ body: { document, basedOn, reason: why }, headers }) => {
      const by = await callerOf(tokenShown("token", headers.authorization) ?? "");
      // Revoked since the request was let in.
      if (by === null) throw new Problem(401, "token_unknown", "The API token is not known here any more.");
      const { version, decided } = await services.rules.publish({ document, basedOn }, { by, reason: why });
      return { version: versionView(version), decided };
    },
  );
}

function numberIn(cursor: string): number {
  if (/^\d{1,10}$/.test(cursor)) return Number(cursor);
  throw new Problem(400, "cursor_invalid", "This is no cursor of this list.", {
    hint: "Give the `next` of the answer before, as it is.",
    field: "after",
  });
}

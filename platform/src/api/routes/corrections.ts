import { Type } from "@fastify/type-provider-typebox";
import { verdicts } from "../../model/correction.ts";
import { Problem } from "../../model/problem.ts";
import { maxReasonChars } from "../../model/reason.ts";
import { callerIn, type CallerOf } from "../caller.ts";
import { answerView, correctionView } from "../correctionViews.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { identifierKey } from "./identity.ts";
import { listQuery } from "./sources.ts";

const pair = Type.Object({ a: identifierKey, b: identifierKey }, { additionalProperties: false });
const verdict = Type.Enum(verdicts);

const wanted = {
  merge: Type.Optional({ ...pair, description: "The people of both are one." }),
  unmerge: Type.Optional({
    ...pair,
    description: "Take back what was said to make them one; where evidence joins them too, keep them apart.",
  }),
  apart: Type.Optional({ ...pair, description: "Keep the two apart, whatever evidence there is or will be." }),
  corrections: Type.Optional(
    Type.Array(Type.Object({ verdict, ...pair.properties }, { additionalProperties: false }), {
      minItems: 1,
      maxItems: 20,
      description: "Just this, verdict by verdict.",
    }),
  ),
};
const reason = Type.String({
  minLength: 1,
  maxLength: maxReasonChars,
  description: "Why, for whoever looks at it later.",
  examples: ["She called: both accounts are hers."],
});

const person = Type.Object(
  { identifiers: Type.Array(Type.String()), profile: shapes.profile },
  { title: "PersonSeen" },
);
export const effect = {
  before: Type.Array(person, { description: "People that are spoken of, or would be others." }),
  after: Type.Array(person),
  joined: Type.Array(Type.Object({ from: Type.Array(Type.String()), into: Type.String() })),
  split: Type.Array(Type.Object({ from: Type.String(), into: Type.Array(Type.String()) })),
  conflicts: Type.Array(
    Type.Object({
      verdict: Type.String(),
      a: Type.String(),
      b: Type.String(),
      reason: Type.String(),
      correctionId: shapes.nullableText,
    }),
    { description: "What has no effect, why, and the correction that stands in its way." },
  ),
};
const said = { verdict, a: Type.String(), b: Type.String() };
const correction = {
  id: Type.String(),
  ...said,
  by: Type.String({ description: "Id of the API token." }),
  reason: Type.String(),
  receivedAt: shapes.isoTime,
};
const held = {
  overrules: Type.Union([Type.String(), Type.Null()], { description: "What held of the pair before, by its id." }),
  before: Type.Union([verdict, Type.Null()], { description: "What that one says. To take all back, say these." }),
};
const basis = Type.String({ minLength: 1, maxLength: 100, description: "The same while it would do the same." });
const preview = Type.Object(
  { corrections: Type.Array(Type.Object({ ...said, ...held })), basis, ...effect },
  { title: "CorrectionPreview" },
);
const answer = Type.Object(
  {
    corrections: Type.Array(Type.Object({ ...correction, ...held })),
    decided: Type.Boolean({ description: "False: durable, and decided in a moment." }),
    ...effect,
  },
  { title: "CorrectionAnswer" },
);
const recorded = Type.Object(
  {
    ...correction,
    status: Type.Enum(["in_effect", "overruled", "refused"]),
    overruledBy: shapes.nullableText,
    explanation: shapes.nullableText,
  },
  { title: "Correction" },
);

export function correctionRoutes(api: Api, services: Services, callerOf: CallerOf): void {
  const by = (headers: { authorization?: string | undefined }): Promise<string> => callerIn(headers, callerOf);
  previewRoute(api, services);
  listRoute(api, services);
  writeRoutes(api, services, by);
}

function previewRoute(api: Api, { corrections }: Services): void {
  api.post(
    "/api/identity/preview",
    {
      schema: {
        operationId: "previewCorrections",
        tags: ["identity"],
        summary: "Who would be who if this were said: the people before and after, and what stands in the way",
        description: "Say one of `merge`, `unmerge`, `apart`, `corrections`. Nothing is changed.",
        body: Type.Object(wanted, { additionalProperties: false }),
        response: { 200: preview, ...shapes.problems(400, 401, 404, 409, 422, 503) },
      },
    },
    ({ body }) => corrections.preview(body),
  );
}

function writeRoutes(
  api: Api,
  { corrections }: Services,
  by: (headers: { authorization?: string | undefined }) => Promise<string>,
): void {
  api.post(
    "/api/identity/corrections",
    {
      config: { idempotent: true },
      schema: {
        operationId: "correctIdentity",
        tags: ["identity"],
        summary: "Say who is who: merge, unmerge or keep apart, recorded with who, when and why",
        description:
          "As the preview, with a `reason`. It is durable when it is answered, and decided unless `decided` is false. " +
          "It goes before all evidence, holds through new events and rebuilds, and can be taken back exactly. With the " +
          "`basis` of a preview nothing is said when it would do something else by now (409 `changed_meanwhile`).",
        body: Type.Object({ ...wanted, reason, basis: Type.Optional(basis) }, { additionalProperties: false }),
        response: { 200: answer, ...shapes.problems(400, 401, 404, 409, 413, 415, 422, 503) },
      },
    },
    async ({ body, headers }) => {
      const { reason: why, basis: seen, ...wanting } = body;
      const made = await corrections.correct(wanting, { by: await by(headers), reason: why, basis: seen });
      return answerView(made);
    },
  );

  api.post(
    "/api/identity/corrections/:id/withdraw",
    {
      config: { idempotent: true },
      schema: {
        operationId: "withdrawCorrection",
        tags: ["identity"],
        summary: "Take a correction back: people are as if it had never been said",
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }),
        body: Type.Object({ reason, basis: Type.Optional(basis) }, { additionalProperties: false }),
        response: { 200: answer, ...shapes.problems(400, 401, 404, 409, 413, 415, 422, 503) },
      },
    },
    async ({ params, body, headers }) => {
      const made = await corrections.withdraw(params.id, { by: await by(headers), ...body });
      return answerView(made);
    },
  );
}

function listRoute(api: Api, { corrections }: Services): void {
  api.get(
    "/api/identity/corrections",
    {
      schema: {
        operationId: "listCorrections",
        tags: ["identity"],
        summary: "Everything that people said of who is who, newest first: by whom, when, why, and whether it holds",
        querystring: Type.Object(
          {
            ...listQuery.properties,
            profileId: Type.Optional({
              ...shapes.profileId,
              description: "Of one person, by a living or a retired id.",
            }),
            verdict: Type.Optional(verdict),
            by: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "Id of an API token." })),
          },
          { additionalProperties: false },
        ),
        response: { 200: shapes.page(recorded), ...shapes.problems(400, 401, 422, 503) },
      },
    },
    async ({ query }) => {
      const before = query.after === undefined ? null : positionIn(query.after);
      const { limit = shapes.defaultPageItems, profileId = null, verdict: said = null, by = null } = query;
      const page = await corrections.list({ before, limit, profileId, verdict: said, by });
      return { items: page.items.map(correctionView), next: page.next === null ? null : String(page.next) };
    },
  );
}

function positionIn(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new Problem(400, "cursor_invalid", "This is no cursor of this list.", {
    hint: "Give the `next` of the answer before, as it is.",
    field: "after",
  });
}

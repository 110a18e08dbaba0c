import { Type } from "@fastify/type-provider-typebox";
import { reviewAnswers } from "../../identity/index.ts";
import { maxReasonChars } from "../../model/reason.ts";
import { callerIn, type CallerOf } from "../caller.ts";
import { answeredView, inFullView, listedView, summaryView } from "../reviewViews.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { effect } from "./corrections.ts";
import { listQuery } from "./sources.ts";

const nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);
const probability = Type.Number({ minimum: 0, maximum: 1 });

const pair = {
  id: Type.String(),
  state: Type.Enum(["open", "skipped", "same", "different"]),
  probability,
  weight: Type.Number({ description: "In bits: positive speaks for one person." }),
  priorWeight: Type.Number(),
  model: Type.Integer({ description: "Version of the linkage model; 0 before any was learned." }),
  origin: Type.Enum(["run", "live"]),
  offeredAt: shapes.isoTime,
  answer: nullable(
    Type.Object({
      by: Type.String({ description: "Id of the API token." }),
      at: shapes.isoTime,
      corrections: Type.Array(Type.String()),
    }),
  ),
};
const side = { profileId: Type.String(), anchor: Type.String({ description: "Its surest identifier." }) };
const named = Type.Object({ ...side, name: Type.String() });
const inFull = Type.Object({ ...side, profile: shapes.profile });

const tally = Type.Object({
  pairs: Type.Integer(),
  same: Type.Integer(),
  agreement: nullable(Type.Number({ description: "Share in which people said what the model held for likelier." })),
});
const summary = Type.Object(
  {
    open: Type.Integer(),
    skipped: Type.Integer(),
    answered: tally,
    own: tally,
    bands: Type.Array(
      Type.Object({ from: Type.Number(), to: Type.Number(), answered: Type.Integer(), same: Type.Integer() }),
      { description: "By probability, whether people said what it promised." },
    ),
  },
  { title: "ReviewSummary" },
);
const listed = Type.Object({ ...pair, a: named, b: named }, { title: "ListedReview" });
const review = Type.Object(
  {
    ...pair,
    a: inFull,
    b: inFull,
    steps: Type.Array(Type.Object({ comparison: Type.String(), level: Type.String(), weight: Type.Number() }), {
      description: "What each column added to the weight; with `priorWeight` they add up to `weight`.",
    }),
    fields: Type.Array(
      Type.Object({
        name: Type.String(),
        a: shapes.nullableText,
        b: shapes.nullableText,
        likeness: Type.Enum(["same", "alike", "different", "missing"]),
        level: Type.String(),
      }),
      { description: "The two side by side." },
    ),
    effect: nullable(Type.Object(effect)),
    elsewhere: nullable(
      Type.Object(
        {
          code: Type.String(),
          message: Type.String(),
          said: nullable(
            Type.Object({ by: Type.String(), at: shapes.isoTime, verdict: Type.String(), reason: Type.String() }),
          ),
        },
        { description: "Decided in another way meanwhile; the pair has left the queue." },
      ),
    ),
    basis: Type.String({ description: "Of what this shows: give it with the answer." }),
  },
  { title: "Review" },
);
const answered = Type.Object(
  {
    id: Type.String(),
    state: pair.state,
    answer: pair.answer,
    corrections: Type.Array(Type.String(), { description: "Ids of the corrections that were said or withdrawn." }),
    decided: Type.Boolean({ description: "False: durable, and decided in a moment." }),
  },
  { title: "AnsweredReview" },
);

const maxBasisChars = 100;
const byId = Type.Object({ id: Type.String({ minLength: 3, maxLength: 100 }) });

const givenAnswer = Type.Object(
  {
    answer: Type.Enum(reviewAnswers),
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: maxReasonChars, description: "In place of the usual one." }),
    ),
    basis: Type.Optional(
      Type.String({
        maxLength: maxBasisChars,
        description: "Of the pair as it was seen: where it has changed since, nothing is said (409).",
      }),
    ),
  },
  { additionalProperties: false },
);

export function reviewRoutes(api: Api, { reviews }: Services, callerOf: CallerOf): void {
  api.get(
    "/api/identity/reviews",
    {
      schema: {
        operationId: "listReviews",
        tags: ["reviews"],
        summary:
          "Pairs of profiles that may be one person's, the most probable first, with how answers came out so far",
        querystring: listQuery,
        response: {
          200: Type.Object({ items: Type.Array(listed), next: shapes.nullableText, summary }, { title: "Reviews" }),
          ...shapes.problems(400, 401, 503),
        },
      },
    },
    async ({ query, headers }) => {
      const by = await callerIn(headers, callerOf);
      const limit = query.limit ?? shapes.defaultPageItems;
      const page = await reviews.list({ after: query.after ?? null, limit, by });
      return { items: page.items.map(listedView), next: page.next, summary: summaryView(page.summary) };
    },
  );

  api.get(
    "/api/identity/reviews/:id",
    {
      schema: {
        operationId: "getReview",
        tags: ["reviews"],
        summary: "A pair side by side: its fields, why it is so probable, and who would be who",
        params: byId,
        response: { 200: review, ...shapes.problems(400, 401, 404, 503) },
      },
    },
    async ({ params }) => inFullView(await reviews.inFull(params.id)),
  );

  api.post(
    "/api/identity/reviews/:id",
    {
      config: { idempotent: true },
      schema: {
        operationId: "answerReview",
        tags: ["reviews"],
        summary: "Say whether the two are one person, put the pair off, or take the answer back",
        description:
          "`same` and `different` become corrections, kept with who, when and why, before all evidence; `undo` takes them back, and what they overruled holds again. Without `basis` the pair is answered as it is now, whatever was seen.",
        params: byId,
        body: givenAnswer,
        response: { 200: answered, ...shapes.problems(400, 401, 404, 409, 413, 415, 422, 503) },
      },
    },
    async ({ params, body, headers }) => {
      const by = await callerIn(headers, callerOf);
      const { answer, reason = null, basis } = body;
      return answeredView(await reviews.answer(params.id, answer, { by, reason, basis }));
    },
  );
}

import { Type } from "@fastify/type-provider-typebox";
import { Problem } from "../../model/problem.ts";
import type { Profile, ProfileId } from "../../model/profile.ts";
import type { TimelineEvent } from "../../storage/timeline.ts";
import { type Api, iso } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { ProfileView, Services } from "../services.ts";

const profileFields = [
  "identifiers",
  "traits",
  "computed",
  "consents",
  "firstSeenAt",
  "lastSeenAt",
  "sources",
  "retiredIds",
  "household",
] as const satisfies (keyof ProfileView)[];
type ProfileField = (typeof profileFields)[number];

const fieldsQuery = Type.Object(
  {
    fields: Type.Optional(
      Type.String({
        maxLength: 200,
        description: `Only these, parted by commas (\`id\` always comes): ${profileFields.join(", ")}.`,
        examples: ["traits,computed"],
      }),
    ),
  },
  { additionalProperties: false },
);

/** The names that `fields` gives; null: all. Problem 400 `field_unknown`. */
function wantedFields(fields: string | undefined): Set<string> | null {
  if (fields === undefined) return null;
  const wanted = fields.split(",").map((name) => name.trim());
  for (const name of wanted) {
    if (name !== "id" && !profileFields.includes(name as ProfileField)) {
      throw new Problem(400, "field_unknown", "`fields` names something that a profile does not have.", {
        hint: `Choose from: ${profileFields.join(", ")}.`,
        field: "fields",
      });
    }
  }
  return new Set(wanted);
}

/** A household is looked up only where it is wanted. */
async function answerOf(
  profile: Profile,
  fields: string | undefined,
  householdOf: Services["profiles"]["householdOf"],
): Promise<Pick<Profile, "id"> & Partial<ProfileView>> {
  const wanted = wantedFields(fields);
  if (wanted === null) return { ...profile, household: await householdOf(profile.id) };
  const whole = { ...profile, household: wanted.has("household") ? await householdOf(profile.id) : null };
  const chosen = profileFields.filter((name) => wanted.has(name)).map((name) => [name, whole[name]]);
  return { id: profile.id, ...Object.fromEntries(chosen) };
}

export function profileNotFound(
  hint = "Nobody has this identifier yet. Events count a moment after they are accepted.",
): Problem {
  return new Problem(404, "profile_not_found", "There is no such profile.", { hint });
}

const idHint = "Profile ids come from other answers; after a split an id follows its identifier.";

const answers = { 200: shapes.profile, ...shapes.problems(400, 401, 404) };

export function profileRoutes(api: Api, { profiles }: Services): void {
  const found = (profile: Profile | null, fields: string | undefined, hint?: string) => {
    if (profile === null) throw profileNotFound(hint);
    return answerOf(profile, fields, profiles.householdOf);
  };

  api.get(
    "/api/profiles/:type/:value",
    {
      schema: {
        operationId: "getProfile",
        tags: ["profiles"],
        summary: "The profile that an identifier belongs to",
        description: "`POST /api/profiles/lookup` is the same without personal data in the address.",
        params: Type.Object({ type: shapes.identifierType, value: shapes.identifierValue }),
        querystring: fieldsQuery,
        response: answers,
      },
    },
    async ({ params, query }) => found(await profiles.byIdentifier(params.type, params.value), query.fields),
  );

  api.get(
    "/api/profiles/id/:id",
    {
      schema: {
        operationId: "getProfileById",
        tags: ["profiles"],
        summary: "A profile by its id; a retired id answers with the living profile",
        params: Type.Object({ id: shapes.profileId }),
        querystring: fieldsQuery,
        response: answers,
      },
    },
    async ({ params, query }) => found(await profiles.byId(params.id), query.fields, idHint),
  );

  api.post(
    "/api/profiles/lookup",
    {
      schema: {
        operationId: "lookUpProfile",
        tags: ["profiles"],
        summary: "The profile that an identifier belongs to, the identifier in the body",
        querystring: fieldsQuery,
        body: Type.Object(
          { type: shapes.identifierType, value: shapes.identifierValue },
          { additionalProperties: false },
        ),
        response: answers,
      },
    },
    async ({ body, query }) => found(await profiles.byIdentifier(body.type, body.value), query.fields),
  );
}

/** `TimelineEvent` as the API shows it. */
export function timelineView(event: TimelineEvent) {
  return { ...event, occurredAt: iso(event.occurredAt), receivedAt: iso(event.receivedAt) };
}

export function timelineRoutes(api: Api, { profiles, analytics }: Services): void {
  const fragmentsOf = async (id: ProfileId) => {
    const fragments = await profiles.fragmentsOf(id);
    if (fragments === null) throw profileNotFound(idHint);
    return fragments;
  };

  api.get(
    "/api/profiles/id/:id/events",
    {
      schema: {
        operationId: "getTimeline",
        tags: ["profiles"],
        summary: "Everything that a person did, newest first",
        params: Type.Object({ id: shapes.profileId }),
        querystring: Type.Object(
          {
            limit: Type.Optional(shapes.limit),
            after: Type.Optional(shapes.cursor),
            type: Type.Optional(Type.String({ minLength: 1, maxLength: 40, examples: ["track"] })),
            source: Type.Optional(shapes.sourceId),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            items: Type.Array(shapes.timelineEvent),
            next: shapes.nullableText,
            asOf: shapes.isoTime,
          }),
          ...shapes.problems(400, 401, 404),
        },
      },
    },
    async ({ params, query }) => {
      const { limit = shapes.defaultPageItems, ...filters } = query;
      const answer = await analytics.timeline({ fragments: await fragmentsOf(params.id), limit, ...filters });
      return { items: answer.items.map(timelineView), next: answer.next, asOf: iso(answer.asOf) };
    },
  );
}

import { Type } from "@fastify/type-provider-typebox";
import { Problem } from "../../model/problem.ts";
import type { JsonValue } from "../../model/event.ts";
import type { Profile } from "../../model/profile.ts";
import { type Api, iso } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";

/**
 * Segment's Profile API (https://segment.com/docs/unify/profile-api/), so that code which reads profiles there reads
 * them here: the token as Basic user name, any space, its shapes and its defaults of ten items.
 */
const prefix = "/v1/spaces/:space/collections/users/profiles/:profile";
const defaultItems = 10;

const params = Type.Object({
  space: Type.String({ minLength: 1, maxLength: 200, description: "Any; there is one." }),
  profile: Type.String({
    minLength: 3,
    maxLength: 41 + shapes.maxTypedValueChars,
    description: "`type:value`; `segment_id:` takes a profile id.",
    examples: ["email:ada@example.com"],
  }),
});
const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: shapes.maxPageItems, default: defaultItems })),
  next: Type.Optional(shapes.cursor),
};
const cursorShape = Type.Object({
  url: Type.String(),
  has_more: Type.Boolean(),
  next: Type.String(),
  limit: Type.Integer(),
});

function cursorOf(next: string | null, limit: number) {
  return { url: "", has_more: next !== null, next: next ?? "", limit };
}

/** A page of what is held whole; the cursor is an offset. Problem 400 `invalid_cursor`. */
function pageByOffset<Item>(all: readonly Item[], query: { limit?: number; next?: string }) {
  const limit = query.limit ?? defaultItems;
  if (query.next !== undefined && !/^\d{1,9}$/.test(query.next)) {
    throw new Problem(400, "invalid_cursor", "`next` is not from an earlier answer.", { field: "next" });
  }
  const from = Number(query.next ?? 0);
  const end = from + limit;
  return { items: all.slice(from, end), cursor: cursorOf(end < all.length ? String(end) : null, limit) };
}

/** Computed traits beside the others, in the snake_case that Segment's have; a trait of that name goes before. */
function traitsOf(profile: Profile): [string, JsonValue][] {
  const own = Object.entries(profile.traits).map(([name, { value }]): [string, JsonValue] => [name, value]);
  const { eventCount, orderCount, refundCount, revenue, firstOrderAt, lastOrderAt } = profile.computed;
  const { favouriteCategory, favouriteChannel } = profile.computed;
  const computed: Record<string, JsonValue> = {
    event_count: eventCount,
    order_count: orderCount,
    refund_count: refundCount,
    revenue_minor: revenue.amount,
    revenue_currency: revenue.currency,
    first_order_at: firstOrderAt,
    last_order_at: lastOrderAt,
    favourite_category: favouriteCategory,
    favourite_channel: favouriteChannel,
  };
  const missing = Object.entries(computed).filter(
    ([name, value]) => value !== null && !Object.hasOwn(profile.traits, name),
  );
  return [...own, ...missing];
}

function externalIdsOf(profile: Profile) {
  return profile.identifiers.map(({ type, value, firstSeenAt, sources }) => ({
    collection: "users",
    type,
    id: value,
    encoding: "none",
    created_at: firstSeenAt,
    source_id: sources[0] ?? "",
  }));
}

export function segmentReadRoutes(api: Api, services: Services): void {
  const profileOf = (key: string): Promise<Profile> => profileByKey(services, key);
  traitRoutes(api, profileOf);
  identifierRoutes(api, profileOf);
  eventRoutes(api, services, profileOf);
}

async function profileByKey({ profiles }: Services, key: string): Promise<Profile> {
  const colon = key.indexOf(":");
  const type = key.slice(0, Math.max(colon, 0));
  const value = key.slice(colon + 1);
  if (!new RegExp(shapes.identifierTypePattern).test(type) || value === "") {
    throw new Problem(400, "invalid_identifier", "The profile is not named as `type:value`.", {
      hint: "For example email:ada@example.com, percent-encoded.",
      field: "profile",
    });
  }
  const profile = type === "segment_id" ? await profiles.byId(value) : await profiles.byIdentifier(type, value);
  if (profile === null) throw new Problem(404, "not_found", "Profile was not found.");
  return profile;
}

type ProfileOf = (key: string) => Promise<Profile>;
const errors = shapes.problems(400, 401, 404);

function traitRoutes(api: Api, profileOf: ProfileOf): void {
  const include = Type.Union([Type.String({ maxLength: 8_192 }), Type.Array(Type.String(), { maxItems: 200 })], {
    description: "Names of traits, parted by commas or repeated.",
  });
  api.get(
    `${prefix}/traits`,
    {
      config: { access: "segment" },
      schema: {
        operationId: "segmentTraits",
        tags: ["segment"],
        summary: "Segment's Profile API: traits",
        params,
        querystring: Type.Object({ ...pageQuery, include: Type.Optional(include) }),
        response: { 200: Type.Object({ traits: shapes.anyObject, cursor: cursorShape }), ...errors },
      },
    },
    async ({ params, query }) => {
      const all = traitsOf(await profileOf(params.profile));
      const names = query.include === undefined ? null : [query.include].flat().flatMap((text) => text.split(","));
      const page = pageByOffset(names === null ? all : all.filter(([name]) => names.includes(name)), {
        ...query,
        ...(names === null ? {} : { limit: query.limit ?? shapes.maxPageItems }),
      });
      return { traits: Object.fromEntries(page.items), cursor: page.cursor };
    },
  );
}

function identifierRoutes(api: Api, profileOf: ProfileOf): void {
  api.get(
    `${prefix}/external_ids`,
    {
      config: { access: "segment" },
      schema: {
        operationId: "segmentExternalIds",
        tags: ["segment"],
        summary: "Segment's Profile API: identifiers",
        params,
        querystring: Type.Object(pageQuery),
        response: { 200: Type.Object({ data: Type.Array(shapes.anyObject), cursor: cursorShape }), ...errors },
      },
    },
    async ({ params, query }) => {
      const page = pageByOffset(externalIdsOf(await profileOf(params.profile)), query);
      return { data: page.items, cursor: page.cursor };
    },
  );

  api.get(
    `${prefix}/metadata`,
    {
      config: { access: "segment" },
      schema: {
        operationId: "segmentMetadata",
        tags: ["segment"],
        summary: "Segment's Profile API: when it was made and last changed",
        params,
        response: { 200: Type.Object({ segment_id: Type.String(), metadata: shapes.anyObject }), ...errors },
      },
    },
    async ({ params }) => {
      const profile = await profileOf(params.profile);
      const { id, firstSeenAt, lastSeenAt, computed } = profile;
      const metadata = {
        id,
        created_at: firstSeenAt,
        updated_at: lastSeenAt,
        expires_at: null,
        event_count: computed.eventCount,
        external_id_count: profile.identifiers.length,
      };
      return { segment_id: id, metadata };
    },
  );
}

function eventRoutes(api: Api, { profiles, analytics }: Services, profileOf: ProfileOf): void {
  api.get(
    `${prefix}/events`,
    {
      config: { access: "segment" },
      schema: {
        operationId: "segmentEvents",
        tags: ["segment"],
        summary: "Segment's Profile API: events, newest first",
        params,
        querystring: Type.Object(pageQuery),
        response: { 200: Type.Object({ data: Type.Array(shapes.anyObject), cursor: cursorShape }), ...errors },
      },
    },
    async ({ params, query }) => {
      const profile = await profileOf(params.profile);
      const limit = query.limit ?? defaultItems;
      const answer = await analytics.timeline({
        fragments: (await profiles.fragmentsOf(profile.id)) ?? [],
        limit,
        ...(query.next === undefined ? {} : { after: query.next }),
      });
      const data = answer.items.map((event) => ({
        message_id: event.messageId,
        source_id: event.source,
        type: event.type,
        event: event.event,
        timestamp: iso(event.occurredAt),
        properties: event.properties,
        context: event.context,
        external_ids:
          event.identifier === null
            ? []
            : [{ collection: "users", type: event.identifier.type, id: event.identifier.value, encoding: "none" }],
      }));
      return { data, cursor: cursorOf(answer.next, limit) };
    },
  );
}

import { Type } from "@fastify/type-provider-typebox";
import { type Api, iso } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";
import { profileNotFound } from "./profiles.ts";

const values = Type.Object(
  {
    items: Type.Array(Type.Object({ name: Type.String(), values: Type.Array(shapes.traitValue) })),
    isWhole: Type.Boolean({ description: "False where only the latest identify calls were read." }),
    asOf: shapes.isoTime,
  },
  { title: "TraitValues" },
);

export function traitRoutes(api: Api, { profiles }: Services): void {
  api.get(
    "/api/profiles/id/:id/traits",
    {
      schema: {
        operationId: "getTraitValues",
        tags: ["profiles"],
        summary: "What each source says of each trait",
        description: "The first value of each is the profile's own (null hides the trait); the others lost against it.",
        params: Type.Object({ id: shapes.profileId }),
        response: { 200: values, ...shapes.problems(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const found = await profiles.traitValues(params.id);
      if (found === null) throw profileNotFound("Profile ids come from other answers.");
      return { ...found, asOf: iso(found.asOf) };
    },
  );
}

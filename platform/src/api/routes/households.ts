import { Type } from "@fastify/type-provider-typebox";
import { householdKinds } from "../../model/household.ts";
import { Problem } from "../../model/problem.ts";
import type { Api } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";

const kind = Type.Enum(householdKinds);

const household = Type.Object(
  {
    id: Type.String(),
    kind,
    members: Type.Array(
      Type.Object({
        id: Type.String(),
        displayName: Type.String(),
        shares: Type.Array(kind, { description: "With another member, the surest first." }),
      }),
    ),
    shared: Type.Array(
      Type.Object({
        kind,
        value: Type.String({ description: "As a source wrote it." }),
        members: Type.Array(Type.String()),
      }),
    ),
    isWhole: Type.Boolean({ description: "False where it has more members than are told." }),
    explanation: Type.String(),
  },
  { title: "Household" },
);

export function householdRoutes(api: Api, { households }: Services): void {
  api.get(
    "/api/households/:id",
    {
      schema: {
        operationId: "getHousehold",
        tags: ["profiles"],
        summary: "People who share a home, and what they share; each stays a person of their own",
        description:
          "Ids come from the `household` of a profile. Where a surer value ties its people now, the answer is that " +
          "household, with its own `id`.",
        params: Type.Object({ id: Type.String({ pattern: "^h_[1-9][A-Za-z0-9_-]{16}$" }) }),
        response: { 200: household, ...shapes.problems(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const view = await households.byId(params.id);
      if (view !== null) return view;
      throw new Problem(404, "household_not_found", "There is no such household.", {
        hint: "People came together or apart since, or too many share the value. Ask for a member's profile.",
      });
    },
  );
}

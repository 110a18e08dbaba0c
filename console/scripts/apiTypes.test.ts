import { expect, it } from "vitest";
import { committedApiTypes, generateApiTypes } from "./apiTypes.ts";

it("the console's types of the API are those of the platform in this checkout", async () => {
  const isCurrent = committedApiTypes() === (await generateApiTypes());
  expect(isCurrent, "run: npm run api-types --workspace console").toBe(true);
}, 60_000);

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString, COMMENT_HEADER, type OpenAPI3 } from "openapi-typescript";
import { createApi } from "../../platform/src/api/server.ts";
import { fakeServices } from "../../platform/src/api/services.fake.ts";

export const apiTypesFile = join(import.meta.dirname, "../src/api/openApi.d.ts");

/** TypeScript types of the platform's own OpenAPI document, as the routes in this checkout make it. */
export async function generateApiTypes(): Promise<string> {
  const services = fakeServices();
  const api = await createApi(services, { administratorToken: services.token });
  const headers = { authorization: `Bearer ${services.token}` };
  const answer = await api.inject({ url: "/api/openapi.json", headers });
  await api.close();
  if (answer.statusCode !== 200) throw new Error(`the platform answers ${answer.statusCode} for its OpenAPI document`);
  return COMMENT_HEADER + astToString(await openapiTS(answer.json<OpenAPI3>()));
}

/** As committed. */
export function committedApiTypes(): string {
  return readFileSync(apiTypesFile, "utf8");
}

if (import.meta.main) writeFileSync(apiTypesFile, await generateApiTypes());

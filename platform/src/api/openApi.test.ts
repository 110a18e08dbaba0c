import { Value } from "typebox/value";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nameComponents } from "./openApi.ts";
import { createApi } from "./server.ts";
import { ada, lovelaces, type FakeServices, fakeServices } from "./services.fake.ts";

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: object };
}

let services: FakeServices;
let app: FastifyInstance;
let document: Document;

beforeEach(async () => {
  services = fakeServices();
  app = await createApi(services, { version: "1.2.3" });
  document = (await get("/api/openapi.json")).json();
});
afterEach(() => app.close());

function get(url: string) {
  return app.inject({ url, headers: { authorization: `Bearer ${services.token}` } });
}
const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

/** `$ref`s put back, so that a validator needs no resolver. */
function resolved(schema: unknown): object {
  const text = JSON.stringify(schema, (_key, value: unknown) => {
    const ref = (value as { $ref?: string } | null)?.$ref;
    return ref === undefined ? value : resolved(document.components.schemas[ref.split("/").at(-1) ?? ""]);
  });
  return JSON.parse(text) as object;
}

const everyRoute = [
  "DELETE /api/tokens/{id}",
  "GET /api/backups/{id}",
  "GET /api/events/{messageId}",
  "GET /api/households/{id}",
  "GET /api/identity/corrections",
  "GET /api/identity/linkage/model",
  "GET /api/identity/linkage/runs",
  "GET /api/identity/linkage/runs/{id}",
  "GET /api/identity/linkage/runs/{id}/links",
  "GET /api/identity/reviews",
  "GET /api/identity/reviews/{id}",
  "GET /api/identity/rules",
  "GET /api/identity/rules/previews/{id}",
  "GET /api/identity/rules/{version}",
  "GET /api/identity/why",
  "GET /api/operations",
  "GET /api/profiles",
  "GET /api/profiles/id/{id}",
  "GET /api/profiles/id/{id}/events",
  "GET /api/profiles/id/{id}/identity",
  "GET /api/profiles/id/{id}/traits",
  "GET /api/profiles/{type}/{value}",
  ...["", "/causes", "/causes/{id}"].map((of) => `GET /api/rejections${of}`),
  ...["", "/{id}"].map((of) => `GET /api/replays${of}`),
  "GET /api/sources",
  "GET /api/sources/{id}",
  ...["", "/versions", "/versions/{version}", "/violations"].map((of) => `GET /api/sources/{id}/tracking-plan${of}`),
  "DELETE /api/sources/{id}/tracking-plan",
  "PUT /api/sources/{id}/tracking-plan",
  "POST /api/sources/{id}/tracking-plan/check",
  "GET /api/status",
  "GET /api/stream",
  "GET /api/tokens",
  "GET /healthz",
  "GET /metrics",
  "GET /readyz",
  ...["events", "external_ids", "metadata", "traits"].map(
    (what) => `GET /v1/spaces/{space}/collections/users/profiles/{profile}/${what}`,
  ),
  "PATCH /api/sources/{id}",
  "POST /api/backups",
  "POST /api/events/{messageId}/replay",
  "POST /api/identity/corrections",
  "POST /api/identity/corrections/{id}/withdraw",
  "POST /api/identity/linkage/links/{id}/withdraw",
  "POST /api/identity/linkage/runs",
  "POST /api/identity/linkage/runs/{id}/cancel",
  "POST /api/identity/linkage/runs/{id}/withdraw",
  "POST /api/identity/preview",
  "POST /api/identity/reviews/{id}",
  "POST /api/identity/rules",
  "POST /api/identity/rules/preview",
  "POST /api/identity/rules/previews/{id}/cancel",
  "POST /api/identity/why",
  "POST /api/imports/{source}",
  "POST /api/profiles/lookup",
  "POST /api/profiles/search",
  "POST /api/query",
  ...["", "/{id}/resume", "/{id}/stop"].map((of) => `POST /api/replays${of}`),
  "POST /api/sources",
  "POST /api/sources/{id}/rotate",
  "POST /api/tokens",
];

describe("the OpenAPI document", () => {
  it("is 3.1 and complete: each operation has a unique id, a summary, a known tag and its errors", () => {
    expect(document).toMatchObject({ openapi: "3.1.0", info: { title: "Customer 360", version: "1.2.3" } });
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations()) {
      expect(operation, `${method} ${path}`).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] });
      expect(Object.keys(operation.responses).some((status) => status.startsWith("2"))).toBe(true);
      if (path !== "/healthz" && path !== "/readyz") expect(Object.keys(operation.responses)).toContain("401");
    }
  });

  it("covers every route but the docs themselves", () => {
    const described = operations().map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    expect(described.toSorted()).toEqual(everyRoute.toSorted());
    for (const { path, method } of operations()) {
      const url = path.replaceAll(/\{(\w+)\}/g, ":$1");
      expect(app.hasRoute({ method: method.toUpperCase(), url }), `${method} ${url}`).toBe(true);
    }
  });

  it("declares every path parameter, and refers only to what it holds", () => {
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((one) => one.in === "path").map(({ name }) => name);
      expect(new Set(declared)).toEqual(new Set(inPath));
    }
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(refs.length).toBeGreaterThan(50);
    for (const name of refs) expect(document.components.schemas).toHaveProperty(name ?? "");
  });

  it("tells the truth: answers are of the shapes that it gives", async () => {
    const asked: [string, string][] = [
      ["/api/profiles/{type}/{value}", "/api/profiles/email/ada%40example.com"],
      ["/api/profiles/id/{id}", `/api/profiles/id/${ada.id}?fields=traits`],
      ["/api/profiles/id/{id}", `/api/profiles/id/${ada.id}`],
      ["/api/households/{id}", `/api/households/${lovelaces.id}`],
      ["/api/profiles/id/{id}/events", `/api/profiles/id/${ada.id}/events`],
      ["/api/profiles/id/{id}/identity", `/api/profiles/id/${ada.id}/identity`],
      ["/api/identity/why", "/api/identity/why?a=email:x&b=user_id:ada"],
      ["/api/events/{messageId}", "/api/events/m1"],
      ["/api/events/{messageId}", "/api/events/unknown"],
      ["/api/rejections", "/api/rejections?limit=2"],
      ["/api/sources", "/api/sources"],
      ["/api/sources/{id}", "/api/sources/web"],
      ["/api/tokens", "/api/tokens?limit=x"],
      ["/api/status", "/api/status"],
      ["/readyz", "/readyz"],
      [
        "/v1/spaces/{space}/collections/users/profiles/{profile}/events",
        "/v1/spaces/s/collections/users/profiles/user_id:ada/events",
      ],
    ];
    for (const [path, url] of asked) {
      const answer = await get(url);
      const schema = document.paths[path]?.["get"]?.responses[answer.statusCode]?.content?.["application/json"]?.schema;
      expect(schema, `${answer.statusCode} of ${url}`).toBeDefined();
      const errors = Value.Errors(resolved(schema), answer.json());
      expect([url, ...errors]).toEqual([url]);
    }
  });

  it("refuses two schemas under one title", () => {
    const twice = { a: { title: "T", type: "string" }, b: { title: "T", type: "number" } };
    expect(() => nameComponents(twice)).toThrow("two different schemas are titled T");
  });
});

describe("the docs", () => {
  it("load only what this server serves, and run nothing inline", async () => {
    const page = await get("/api/docs");
    expect(page.headers["content-security-policy"]).toContain("script-src 'self'; ");
    expect(page.headers["content-security-policy"]).not.toMatch(/https?:|upgrade-insecure/);
    expect(page.body).not.toMatch(/<script>|https?:\/\//);
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    expect(assets.length).toBeGreaterThan(4);
    for (const asset of assets) expect([asset, (await get(asset)).statusCode]).toEqual([asset, 200]);
    expect((await get("/api/docs/json")).json()).toEqual(document);
  });
});

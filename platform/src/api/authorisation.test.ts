import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tokenShown } from "./authorisation.ts";
import { createApi } from "./server.ts";
import { type FakeServices, fakeServices } from "./services.fake.ts";

interface Route {
  method: string;
  url: string;
}

let services: FakeServices;
let app: FastifyInstance;
let routes: Route[];

beforeEach(async () => {
  services = fakeServices();
  app = await createApi(services);
  await app.ready();
  routes = registeredRoutes(app);
});
afterEach(() => app.close());

/** Read from the router itself, so that no route can be forgotten here. */
function registeredRoutes(app: FastifyInstance): Route[] {
  const found: Route[] = [];
  const path: string[] = [];
  for (const line of app.printRoutes().split("\n")) {
    const match = /^([│ ]*)(?:└── |├── )(.*?)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (match === null) continue;
    const depth = (match[1] ?? "").length / 4;
    path.length = depth;
    path[depth] = match[2] ?? "";
    for (const method of (match[3] ?? "").split(", ").filter((name) => name !== "")) {
      found.push({ method, url: path.join("") });
    }
  }
  return found;
}

/** `/a/:b` as an address that the route takes. */
function example(url: string): string {
  return url
    .replaceAll(/:profile/g, "email:ada@example.com")
    .replaceAll(/:(type|source)/g, "web")
    .replaceAll(/:\w+/g, "x")
    .replaceAll("*", "swagger-ui.css");
}

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const open = new Set(["/healthz", "/readyz"]);
const isDocs = (url: string) => url.startsWith("/api/docs") || url === "/api/openapi.json";
const isSegment = (url: string) => url.startsWith("/v1/spaces/");

describe("every registered route", () => {
  it("is found by this test", () => {
    const urls = routes.map(({ method, url }) => `${method} ${url}`);
    expect(routes.length).toBeGreaterThan(100);
    for (const known of [
      "GET /api/profiles/:type/:value",
      "POST /api/query",
      "GET /api/docs/static/*",
      "PUT /api/query",
      "GET /metrics",
    ]) {
      expect(urls).toContain(known);
    }
  });

  it("answers 401 without a token, but for health and readiness", async () => {
    const answers = await Promise.all(
      routes.map(async ({ method, url }) => {
        const { statusCode } = await app.inject({ method: method as "GET", url: example(url) });
        return { method, url, statusCode };
      }),
    );
    const isOpen = ({ method, url }: Route) => open.has(url) && (method === "GET" || method === "HEAD");
    // Their other methods are a 405 or a 401, either way no answer.
    const others = answers.filter(({ url }) => !open.has(url));
    expect(answers.filter(isOpen).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
    expect(others.filter(({ statusCode }) => statusCode !== 401)).toEqual([]);
  });

  it("answers 401 to wrong credentials of every kind", async () => {
    const wrong = [
      "Bearer nonsense",
      "Bearer ",
      `bearer${services.token}`,
      services.token,
      basic("x", "nonsense"),
      basic("nonsense", ""),
      `Digest ${services.token}`,
      `Bearer ${services.token} extra`,
      `Bearer ${"x".repeat(5_000)}`,
    ];
    for (const { method, url } of routes.filter(({ url }) => !open.has(url))) {
      for (const authorization of wrong) {
        const answer = await app.inject({ method: method as "GET", url: example(url), headers: { authorization } });
        expect([method, url, authorization.slice(0, 40), answer.statusCode]).toEqual([
          method,
          url,
          authorization.slice(0, 40),
          401,
        ]);
      }
    }
  });

  it("takes Basic with the token as password for the docs only, and as user name for Segment's reads only", async () => {
    for (const { method, url } of routes.filter(({ url }) => !open.has(url))) {
      const status = async (authorization: string) =>
        (await app.inject({ method: method as "GET", url: example(url), headers: { authorization } })).statusCode;
      const isRead = method === "GET" || method === "HEAD";
      const asPassword = await status(basic("anybody", services.token));
      const asUser = await status(basic(services.token, ""));
      expect([method, url, asPassword === 401]).toEqual([method, url, !(isDocs(url) && isRead)]);
      expect([method, url, asUser === 401]).toEqual([method, url, !(isSegment(url) && isRead)]);
      expect([method, url, await status(`BEARER  ${services.token}`)]).not.toEqual([method, url, 401]);
    }
  });

  it("makes a browser ask for the docs and for nothing else", async () => {
    const challenge = async (url: string) => (await app.inject({ url })).headers["www-authenticate"];
    expect(await challenge("/api/docs")).toMatch(/^Basic realm=/);
    expect(await challenge("/api/openapi.json")).toMatch(/^Basic realm=/);
    expect(await challenge("/api/sources")).toMatch(/^Bearer /);
    expect(await challenge("/v1/spaces/s/collections/users/profiles/email:x/traits")).toMatch(/^Bearer /);
  });
});

describe("tokenShown", () => {
  it("reads a token that holds a colon's worth of padding, and takes a missing colon", () => {
    expect(tokenShown("segment", `Basic ${Buffer.from("tok").toString("base64")}`)).toBe("tok");
    expect(tokenShown("docs", basic("a", "b:c"))).toBe("b:c");
    expect(tokenShown("docs", basic("a", ""))).toBeNull();
    expect(tokenShown("token", undefined)).toBeNull();
  });
});

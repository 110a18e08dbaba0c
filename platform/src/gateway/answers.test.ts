import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../model/problem.ts";
import { gatewayServer, type GatewayServer } from "./server.fake.ts";

let server: GatewayServer;
beforeAll(async () => {
  server = await gatewayServer();
});
afterEach(() => {
  server.appendWith(null);
  server.taken();
});
afterAll(() => server.close());

const call = { userId: "ada", event: "Product Viewed" };

describe("an answer that says to come back", () => {
  it.each([503, 429])("with %i says when, even where the log does not", async (status) => {
    server.appendWith(async () => {
      throw new Problem(status, "log_closed", "the event log is closed");
    });
    const answer = await server.post("/v1/track", call);
    expect(answer.status).toBe(status);
    expect(answer.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
  });

  it("is the only one that says when", async () => {
    expect((await server.post("/v1/track", call)).headers).not.toHaveProperty("retry-after");
    expect((await server.post("/v1/track", "{")).headers).not.toHaveProperty("retry-after");
  });
});

describe("an answer to the wrong method", () => {
  it.each([
    ["GET", "/v1/track", "POST, OPTIONS"],
    ["HEAD", "/v1/b", "POST, OPTIONS"],
    ["PUT", "/v1/batch", "POST, OPTIONS"],
    ["DELETE", "/v1/projects/key/settings", "GET, OPTIONS"],
    ["POST", "/sourceConfig/", "GET, OPTIONS"],
  ])("to %s %s names what that address takes", async (method, path, allow) => {
    const { status, headers } = await server.send(path, { method });
    expect([status, headers.allow]).toEqual([405, allow]);
  });
});

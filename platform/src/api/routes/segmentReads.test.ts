import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../server.ts";
import { ada, type FakeServices, fakeServices } from "../services.fake.ts";

let services: FakeServices;
let app: FastifyInstance;
beforeEach(async () => {
  services = fakeServices();
  app = await createApi(services);
});
afterEach(() => app.close());

async function read(path: string) {
  const authorization = `Basic ${Buffer.from(`${services.token}:`).toString("base64")}`;
  const answer = await app.inject({
    url: `/v1/spaces/spa_1/collections/users/profiles/${path}`,
    // Segment's clients send it with a GET.
    headers: { authorization, "content-type": "application/json" },
  });
  return { status: answer.statusCode, body: answer.json() };
}

describe("reads in the shapes of Segment's Profile API", () => {
  it("gives traits, computed ones beside them, ten unless asked for more", async () => {
    const { body } = await read("email:ada@example.com/traits?limit=200");
    expect(body.traits).toMatchObject({
      firstName: "Ada",
      order_count: 3,
      revenue_minor: 12_345,
      revenue_currency: "GBP",
    });
    expect(body.traits).not.toHaveProperty("favourite_channel");
    expect(body.cursor).toEqual({ url: "", has_more: false, next: "", limit: 200 });
    const page = (await read("user_id:ada/traits?limit=2")).body;
    const rest = (await read(`user_id:ada/traits?limit=200&next=${page.cursor.next}`)).body;
    expect(page.cursor.has_more).toBe(true);
    expect({ ...page.traits, ...rest.traits }).toEqual(body.traits);
  });

  it("gives only the traits that are named, parted by commas or repeated", async () => {
    expect((await read("user_id:ada/traits?include=firstName,order_count")).body.traits).toEqual({
      firstName: "Ada",
      order_count: 3,
    });
    expect((await read("user_id:ada/traits?include=firstName&include=nothing")).body.traits).toEqual({
      firstName: "Ada",
    });
  });

  it("gives identifiers, metadata and events", async () => {
    const ids = (await read("email%3Aada%40example.com/external_ids")).body;
    expect(ids.data[0]).toMatchObject({ collection: "users", type: "email", id: "ada@example.com", encoding: "none" });
    expect((await read(`segment_id:${ada.id}/metadata`)).body).toMatchObject({ segment_id: ada.id });
    const first = (await read("user_id:ada/events")).body;
    expect(first.data).toHaveLength(10);
    expect(first.data[0]).toMatchObject({ message_id: "m0", event: "Product Viewed", external_ids: [] });
    expect(first.data[1].external_ids).toEqual([{ collection: "users", type: "user_id", id: "ada", encoding: "none" }]);
    const second = (await read(`user_id:ada/events?next=${first.cursor.next}`)).body;
    expect(second.data).toHaveLength(2);
    expect(second.cursor.has_more).toBe(false);
  });

  it.each([
    ["email:nobody/traits", 404, "not_found"],
    ["nobody/traits", 400, "invalid_identifier"],
    ["email:/traits", 400, "invalid_identifier"],
    ["E:x/traits", 400, "invalid_identifier"],
    ["user_id:ada/traits?next=x", 400, "invalid_cursor"],
    ["user_id:ada/traits?limit=0", 400, "invalid_request"],
    ["user_id:ada/nothing", 404, "route_not_found"],
  ])("answers %s with %i %s", async (path, status, code) => {
    const answer = await read(path);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
});

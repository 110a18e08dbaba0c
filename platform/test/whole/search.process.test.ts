import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "./polling.ts";
import { apiToken, openSite, type Site, writeKey } from "./server.ts";

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

const maxFoundMs = 10_000;

async function send(calls: readonly object[]): Promise<void> {
  const answer = await fetch(`${site.url}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${writeKey}:`)}` },
    body: JSON.stringify({ batch: calls }),
  });
  expect(answer.status).toBe(200);
}

interface Answer {
  items: { id: string; displayName: string; identifiers: { type: string; value: string }[]; matched: object[] }[];
  total: { value: number };
}

async function search(q: string): Promise<Answer> {
  const answer = await fetch(`${site.url}/api/profiles/search`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiToken}` },
    body: JSON.stringify({ q }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Answer;
}

const count = (q: string, value: number) =>
  until(`${value} for ${q}`, maxFoundMs, async () => (await search(q)).total.value === value);

describe("search over a running platform", () => {
  it("finds who was sent a moment ago, follows a merge, and goes on where it was after kill -9", async () => {
    const server = await site.start();
    await send([
      { type: "identify", userId: "u1", traits: { firstName: "John", lastName: "Smith" } },
      { type: "identify", traits: { email: "john.smith@example.com" } },
    ]);
    await count("jhon smtih", 1);
    await count("john.smith", 1);
    const [before] = (await search("john.smith")).items;
    await send([{ type: "identify", userId: "u1", traits: { email: "john.smith@example.com" } }]);
    const merged = await until("the merge", maxFoundMs, async () => {
      const { items } = await search("smith");
      // Never both gone, never a survivor beside whom it took in.
      expect(items.length).toBeGreaterThan(0);
      return items.length === 1 && items[0]?.identifiers.length === 2 ? items : null;
    });
    expect((await search("john.smith@example.com")).items.map(({ id }) => id)).toEqual([merged[0]?.id]);
    expect(before).toBeDefined();

    const many = Array.from({ length: 400 }, (_, at) => ({
      type: "identify",
      userId: `n${at}`,
      traits: { name: `Wilma Number${at}x` },
    }));
    await send(many);
    await server.kill();
    await site.start();
    await count("wilma", 400);
    await count("wimla", 400);
    expect((await search("jhon smtih")).total.value).toBe(1);
  });

  it("answers on the command line, with a server and without, and after a rebuild", async () => {
    const server = await site.start();
    await send([{ type: "identify", userId: "u1", traits: { name: "Ada King", city: "Leeds" } }]);
    await count("ada", 1);
    const served = await site.verb(["search", "aad", "king", "--json"]);
    const shown = await site.verb(["search", "leeds"]);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining("Ada King") });
    await server.stop();
    const direct = await site.verb(["search", "ada", "knig", "--json"]);
    expect(JSON.parse(direct.stdout)).toMatchObject({ items: [{ displayName: "Ada King" }], total: { value: 1 } });
    expect(JSON.parse(served.stdout)).toMatchObject({ items: [] });
    expect((await site.verb(["rebuild"])).code).toBe(0);
    expect((await site.verb(["search", "ada", "--json"])).stdout).toContain("Ada King");
  });
});

import { parse } from "csv-parse/sync";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TestedApi, testedApi } from "../apiCaller.fake.ts";
import { csvLine } from "../csv.ts";
import { ada, noon } from "../services.fake.ts";

let api: TestedApi;
beforeEach(async () => {
  api = await testedApi();
});
afterEach(() => api.app.close());

const search = (body: object, headers?: Record<string, string>) => api.post("/api/profiles/search", body, headers);

describe("search", () => {
  it("answers alike with the question in the body and in the address", async () => {
    const [posted, got] = await Promise.all([
      search({ q: "ada", minRevenue: 5, limit: 3 }),
      api.call("GET", "/api/profiles?q=ada&minRevenue=5&limit=3"),
    ]);
    expect(posted.status).toBe(200);
    expect(posted.body).toEqual(got.body);
    expect(posted.body).toMatchObject({ next: null, total: { value: 1, exact: true }, suggestions: [] });
    expect(posted.body.items[0]).toEqual({
      id: ada.id,
      displayName: "Ada",
      identifiers: ada.identifiers.map(({ type, value }) => ({ type, value })),
      matched: [{ field: "name", value: "Ada", kind: "exact" }],
      city: "London",
      sources: ["crm", "web"],
      recordCount: 2,
      orderCount: 3,
      revenue: ada.computed.revenue,
      consents: { "marketing.email": "granted" },
      firstSeenAt: ada.firstSeenAt,
      lastSeenAt: ada.lastSeenAt,
    });
    expect(api.logged.join("")).not.toContain("q=ada");
  });

  it("takes all filters to the index", async () => {
    await search({ source: "web", consent: "marketing.email:denied", seenWithin: "2d", after: "10", limit: 7 });
    await search({ consent: "a:b" });
    expect(api.services.searchQueries).toEqual([
      {
        sources: ["web"],
        consent: { name: "marketing.email", status: "denied" },
        seenSince: noon - 2 * 86_400_000,
        after: "10",
        limit: 7,
      },
      { consent: { name: "a:b", status: "granted" }, limit: 50 },
    ]);
  });

  it("narrows items, and offers spellings", async () => {
    expect((await search({ q: "ada", fields: "city, id" })).body.items).toEqual([{ id: ada.id, city: "London" }]);
    expect((await search({ q: "nobody" })).body).toMatchObject({ items: [], suggestions: ["somebody"] });
  });

  it.each([
    [{ source: "nowhere" }, "source_unknown", "source"],
    [{ q: "ada", fields: "constructor" }, "field_unknown", "fields"],
    [{ seenWithin: "soon" }, "invalid_request", "seenWithin"],
    [{ minRevenue: -1 }, "invalid_request", "minRevenue"],
    [{ limit: 1_001 }, "invalid_request", "limit"],
    [{ query: "ada" }, "invalid_request", "query"],
  ])("refuses %j", async (body, code, field) => {
    const answer = await search(body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code, field } } });
    expect(answer.body.error.hint).toBeTruthy();
  });

  it("needs a token", async () => {
    expect((await api.call("GET", "/api/profiles", { token: null })).status).toBe(401);
    expect((await api.call("POST", "/api/profiles/search", { token: "nonsense" })).status).toBe(401);
  });
});

describe("CSV", () => {
  it("has every row once, over all pages, and no formula", async () => {
    const answer = await search({}, { accept: "text/csv" });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "x-truncated": "false",
      "content-type": expect.stringContaining("text/csv"),
    });
    const rows: Record<string, string>[] = parse(answer.text, { columns: true });
    expect(rows).toHaveLength(1_200);
    expect(new Set(rows.map((row) => row["id"])).size).toBe(1_200);
    expect(rows[7]).toMatchObject({
      name: `'=Ada "7"`,
      email: "ada@example.com",
      revenueMinor: "12345",
      currency: "GBP",
    });
  });

  it.each(["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])("disarms %j", (text) => {
    expect(parse(csvLine([text]))).toEqual([[`'${text}`]]);
  });

  it.each(["+442079460958", "plain", 'a "b", c\nd', "-"])("leaves %j readable", (text) => {
    expect(parse(csvLine([text]))).toEqual([[text === "-" ? "'-" : text]]);
  });
});

import { Readable } from "node:stream";
import { type Static, Type } from "@fastify/type-provider-typebox";
import { Problem } from "../../model/problem.ts";
import type { Source } from "../../model/source.ts";
import { maxQueryChars, type SearchFilters, type SearchQuery } from "../../storage/profileSearch.ts";
import { contentTypeOfCsv, csvLine } from "../csv.ts";
import { csvColumns, csvRow, itemFields, narrowItem, searchItem, searchItemView } from "../searchItems.ts";
import { type Api, iso } from "../routeTypes.ts";
import * as shapes from "../schemas.ts";
import type { Services } from "../services.ts";

/** Rows of one CSV export; `X-Truncated: true` where there are more. */
export const maxExportRows = 50_000;
const exportPageRows = 500;
const msPerUnit: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

const questionFields = {
  q: Type.Optional(
    Type.String({
      description:
        `Words of a name, an e-mail address, a phone number, a city or any identifier, in any order, at most ` +
        `${maxQueryChars} characters; beginnings and misspellings count. Without it everybody, most recently seen first.`,
      examples: ["jhon smtih"],
    }),
  ),
  source: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 63,
      description: "A kind of source, or one source's id.",
      examples: ["pos"],
    }),
  ),
  minRevenue: Type.Optional(
    Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "Minor units of the home currency." }),
  ),
  consent: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "A consent that is granted; with `:denied` after it, one that is denied.",
      examples: ["marketing.email"],
    }),
  ),
  seenWithin: Type.Optional(
    Type.String({
      pattern: "^[1-9]\\d{0,3}[mhdw]$",
      description: "Seen in the last so many minutes, hours, days or weeks.",
      examples: ["30d"],
    }),
  ),
  limit: Type.Optional(shapes.limit),
  after: Type.Optional(shapes.cursor),
  fields: Type.Optional(
    Type.String({
      maxLength: 300,
      description: `Only these of each item (\`id\` always comes): ${itemFields.join(", ")}.`,
    }),
  ),
};
const question = Type.Object(questionFields, { additionalProperties: false });
type Question = Static<typeof question>;

const answer = Type.Object(
  {
    items: Type.Array(searchItem),
    next: shapes.nullableText,
    total: Type.Object(
      { value: Type.Integer(), exact: Type.Boolean() },
      { description: "Where it is not exact there are at least so many." },
    ),
    suggestions: Type.Array(Type.String(), { description: "Known spellings near to it, where nothing matched." }),
    asOf: shapes.isoTime,
  },
  { title: "SearchAnswer" },
);

export function searchRoutes(api: Api, services: Services, now: () => number): void {
  const answerTo = async (asked: Question) => {
    const sources = await services.access.sources();
    const found = await services.search.search({
      ...queryOf(asked, sources, now()),
      limit: asked.limit ?? shapes.defaultPageItems,
    });
    const items = found.items.map((item) => narrowItem(searchItemView(item, sources), asked.fields));
    return { ...found, items, asOf: iso(found.asOf) };
  };
  const common = { tags: ["profiles"], response: { 200: answer, ...shapes.problems(400, 401, 503) } };

  api.get(
    "/api/profiles",
    {
      schema: {
        ...common,
        operationId: "findProfiles",
        summary: "Find customers, or list them",
        description: "`POST /api/profiles/search` is the same without personal data in the address.",
        querystring: question,
      },
    },
    async ({ query }) => answerTo(query),
  );

  api.post(
    "/api/profiles/search",
    {
      schema: {
        ...common,
        operationId: "searchProfiles",
        summary: "Find customers, or list them, the question in the body",
        description: `With \`Accept: text/csv\` all rows as CSV, at most ${maxExportRows}: \`X-Truncated: true\` says that there are more.`,
        body: question,
      },
    },
    async ({ body, headers }, reply) => {
      if (!wantsCsv(headers.accept)) return answerTo(body);
      const sources = await services.access.sources();
      const query = { ...queryOf(body, sources, now()), limit: exportPageRows };
      const first = await services.search.search(query);
      const isCut = !first.total.exact || first.total.value > maxExportRows;
      reply.headers({
        "content-type": contentTypeOfCsv,
        "content-disposition": 'attachment; filename="customers.csv"',
        "x-truncated": String(isCut),
      });
      // The schema's type is that of the JSON answer.
      return reply.send(Readable.from(csvLines(services, query, first, sources)) as never);
    },
  );
}

function wantsCsv(accept: string | undefined): boolean {
  const [best = ""] = (accept ?? "").split(",");
  return best.trim().toLowerCase().startsWith("text/csv");
}

async function* csvLines(
  services: Services,
  query: SearchQuery,
  first: Awaited<ReturnType<Services["search"]["search"]>>,
  sources: readonly Source[],
): AsyncGenerator<string> {
  yield csvLine(csvColumns);
  let rows = 0;
  for (let page = first; ;) {
    const items = page.items.slice(0, maxExportRows - rows);
    rows += items.length;
    yield items.map((item) => csvLine(csvRow(searchItemView(item, sources)))).join("");
    if (page.next === null || rows >= maxExportRows) return;
    page = await services.search.search({ ...query, after: page.next });
  }
}

/** Problem 400 `source_unknown`. */
function queryOf(asked: Question, sources: readonly Source[], nowMs: number): Omit<SearchQuery, "limit"> {
  const { q, after, minRevenue, source, consent, seenWithin } = asked;
  const filters: SearchFilters = {
    ...(minRevenue === undefined ? {} : { minRevenue }),
    ...(source === undefined ? {} : { sources: sourceIdsOf(source, sources) }),
    ...(consent === undefined ? {} : { consent: consentOf(consent) }),
    ...(seenWithin === undefined ? {} : { seenSince: nowMs - durationMs(seenWithin) }),
  };
  return { ...(q === undefined ? {} : { q }), ...(after === undefined ? {} : { after }), ...filters };
}

const kinds = new Set(["crm", "erp", "pos", "iot", "social", "web", "mobile"]);

function sourceIdsOf(wanted: string, sources: readonly Source[]): string[] {
  const ids = sources.filter(({ id, kind }) => kind === wanted || id === wanted).map(({ id }) => id);
  if (ids.length > 0 || kinds.has(wanted)) return ids;
  throw new Problem(400, "source_unknown", "`source` names neither a kind of source nor a source.", {
    hint: `Kinds: ${[...kinds].join(", ")}. GET /api/sources lists the sources.`,
    field: "source",
  });
}

function consentOf(text: string): NonNullable<SearchFilters["consent"]> {
  const [, name = text, status = "granted"] = /^(.+):(granted|denied)$/.exec(text) ?? [];
  return { name, status: status === "denied" ? "denied" : "granted" };
}

function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * (msPerUnit[text.slice(-1)] ?? 0);
}

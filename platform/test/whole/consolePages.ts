import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./polling.ts";
import type { Site } from "./server.ts";

const maxOfferedMs = 60_000;

/** A page of the console of a platform that {@link fillEveryPage} has filled. */
export interface ConsolePage {
  /** As it stands in the console's routes. */
  route: string;
  path: string;
  heading: string;
  /** What its data have brought. */
  shown: string;
}

/** The routes that lead to a page, as the console has them. */
export function routesOfConsole(): string[] {
  const source = readFileSync(join(import.meta.dirname, "../../../console/src/routes.tsx"), "utf8");
  return [...source.matchAll(/\bpath: "([^"/*][^"]*)"/g)].map(([, route = ""]) => route);
}

const probable = [
  { copy: "a", lastName: "Lovelace", city: "Leeds", phone: "020 7946 0910" },
  { copy: "b", lastName: "Lovelac", city: "York" },
].map(({ copy, lastName, city, phone }) => ({
  type: "identify",
  messageId: `crm-${copy}`,
  traits: {
    firstName: "Augusta",
    lastName,
    birthday: "1970-01-10",
    address: { street: "10 Oak Street", city, postalCode: "LS0 4AP" },
    ...(phone === undefined ? {} : { phone }),
  },
  context: { externalIds: [{ id: `crm-${copy}`, type: "crm_id" }] },
}));

const calls = [
  { type: "identify", messageId: "ada-1", userId: "ada", traits: { name: "Ada Park", email: "ada@example.com" } },
  {
    type: "track",
    messageId: "order-1",
    userId: "ada",
    event: "Order Completed",
    properties: { order_id: "o-1", total: 12.5, currency: "GBP" },
  },
  { type: "identify", messageId: "joan-1", userId: "joan", traits: { name: "Joan Clarke", email: "joan@example.com" } },
  { type: "track", messageId: "viewed-1", anonymousId: "visitor-1", event: "Product Viewed", properties: { price: 9 } },
  { type: "track", messageId: "refused-1", userId: "ada" },
];

const plan = {
  document: { mode: "observe", events: { "Product Viewed": { properties: { price: { type: "string" } } } } },
  basedOn: 0,
  reason: "What the team agreed to.",
};

/** Something of everything: two people, a visitor, a pair to review, a correction, a refusal, a plan and what breaks it. */
export async function fillEveryPage({ reads }: Site): Promise<void> {
  const asked = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const answer = await reads.request(method, path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Body;
  };
  await reads.createSource("app", "mobile");
  await asked("PUT", "/api/sources/app/tracking-plan", plan);
  await reads.import("app", [...calls, ...probable] as never);
  await reads.settled();
  const apart = { apart: { a: "user_id:ada", b: "user_id:joan" }, reason: "Sisters." };
  await asked("POST", "/api/identity/corrections", apart);
  await until("a pair is offered", maxOfferedMs, async () => {
    return (await asked<{ items: object[] }>("GET", "/api/identity/reviews")).items.length > 0;
  });
}

/** Every page. */
export async function consolePages({ reads }: Site): Promise<ConsolePage[]> {
  const ada = await reads.someone("user_id", "ada");
  const causes = await reads.request("GET", "/api/rejections/causes");
  const [cause] = (causes.body as { items: { id: string }[] }).items;
  const plans = "sources/:id/plan/:part?/:version?";
  return [
    { route: "live", path: "/live", heading: "Live", shown: ".liveFacts dd" },
    { route: "customers", path: "/customers", heading: "Customers", shown: ".customerRow a" },
    { route: "customers/:id", path: `/customers/${ada.id}`, heading: "Ada Park", shown: ".timeline li" },
    { route: "query/:id?", path: "/query", heading: "Query", shown: ".cm-content" },
    { route: "corrections", path: "/corrections", heading: "Corrections", shown: "[data-testid=correction]" },
    { route: "review/:pair?", path: "/review", heading: "Review", shown: ".reviewTable" },
    { route: "sources", path: "/sources", heading: "Sources", shown: ".plainTable a" },
    { route: "sources/:id", path: "/sources/app", heading: "app", shown: ".plainTable td" },
    { route: plans, path: "/sources/app/plan", heading: "Tracking plan of app", shown: "table a" },
    { route: plans, path: "/sources/app/plan/draft", heading: "Change the plan of app", shown: ".cm-content" },
    { route: plans, path: "/sources/app/plan/versions/1", heading: "version 1", shown: ".documentText" },
    { route: "ops", path: "/ops", heading: "Operations", shown: ".plainTable td" },
    { route: "rejects/:cause?", path: "/rejects", heading: "Rejects", shown: "table a" },
    { route: "rejects/:cause?", path: `/rejects/${cause?.id}`, heading: "event missing", shown: "table input" },
    { route: "rules/:version?", path: "/rules", heading: "Rules", shown: "table input" },
    { route: "rules/:version?", path: "/rules/1", heading: "Rules, version 1", shown: ".documentText" },
  ];
}

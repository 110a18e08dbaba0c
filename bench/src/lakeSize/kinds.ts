import { catalogue } from "../catalogue.ts";

/** What a template can name, `$name`: text as it stands in JSON. */
export const templateNames = [
  "position",
  "quantity",
  "order",
  "total",
  "lines",
  "view",
  "line",
  "category",
  "title",
  "url",
  "path",
  "email",
  "firstName",
  "lastName",
  "tier",
] as const;
export type TemplateName = (typeof templateNames)[number];

/** Of a customer's three identifiers: all; those of a login; of a visit those of a login, or the browser's alone. */
export type Carries = "everything" | "login" | "visit";

export interface EventKind {
  /** Of a thousand events. */
  share: number;
  type: "track" | "page" | "identify";
  event: string | null;
  carries: Carries;
  /** JSON of the properties, of an identify call of the traits. */
  template: string;
}

const cart = '"cart_id":"c-$order"';

/** Segment's ecommerce names. */
export const eventKinds: readonly EventKind[] = [
  {
    share: 200,
    type: "page",
    event: "Product",
    carries: "visit",
    template: '{"path":"$path","referrer":"https://search.example/","title":"$title","url":"$url"}',
  },
  {
    share: 420,
    type: "track",
    event: "Product Viewed",
    carries: "visit",
    template: '{"position":$position,$view}',
  },
  {
    share: 90,
    type: "track",
    event: "Product List Viewed",
    carries: "visit",
    template: '{"list_id":"list-$position","category":"$category"}',
  },
  { share: 60, type: "track", event: "Products Searched", carries: "visit", template: '{"query":"$title"}' },
  {
    share: 100,
    type: "track",
    event: "Product Added",
    carries: "visit",
    template: `{${cart},"quantity":$quantity,$line}`,
  },
  { share: 40, type: "track", event: "Cart Viewed", carries: "visit", template: `{${cart}}` },
  {
    share: 30,
    type: "track",
    event: "Checkout Started",
    carries: "login",
    template: `{${cart},"value":$total,"currency":"GBP"}`,
  },
  {
    share: 40,
    type: "track",
    event: "Order Completed",
    carries: "login",
    template:
      '{"order_id":"W-$order","checkout_id":"c-$order","channel":"web","total":$total,"currency":"GBP","products":[$lines]}',
  },
  {
    share: 20,
    type: "identify",
    event: null,
    carries: "everything",
    template: '{"email":"$email","firstName":"$firstName","lastName":"$lastName","loyaltyTier":"$tier"}',
  },
];

export const allShares = 1_000;
export const tiers = ["bronze", "silver", "gold"] as const;
export const mostLines = 4;
/** From a line's product to the next one's, in the catalogue. */
export const lineStride = 61;

/** A product as templates name it; `view` and `line` are fields of JSON as DuckDB writes them too. */
export interface ShopProduct {
  priceCents: number;
  view: string;
  line: string;
  category: string;
  title: string;
  url: string;
  path: string;
}

export function shopProducts(seed: number): ShopProduct[] {
  return catalogue(seed).map(({ priceCents, fields, lineFields, title, url }) => {
    const line = JSON.parse(`{${lineFields}}`) as { category: string };
    return {
      priceCents,
      view: fieldsOf(JSON.parse(`{${fields}}`)),
      line: fieldsOf(line),
      category: line.category,
      title,
      url,
      path: new URL(url).pathname,
    };
  });
}

function fieldsOf(value: unknown): string {
  return JSON.stringify(value).slice(1, -1);
}

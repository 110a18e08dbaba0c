import { Type } from "@fastify/type-provider-typebox";
import { Problem } from "../model/problem.ts";
import type { Money } from "../model/profile.ts";
import type { Source } from "../model/source.ts";
import { matchKinds, type SearchAnswer, type SearchMatch } from "../storage/profileSearch.ts";
import { iso } from "./routeTypes.ts";
import * as shapes from "./schemas.ts";

/** Identifiers shown of one item; the profile itself has all. */
const maxListedIdentifiers = 50;

const identifier = Type.Object({ type: Type.String(), value: Type.String() });

/** Optional but for `id`: `fields` leaves the others out. */
export const searchItem = Type.Object(
  {
    id: Type.String(),
    displayName: Type.Optional(Type.String()),
    identifiers: Type.Optional(
      Type.Array(identifier, { description: `At most ${maxListedIdentifiers}, the earliest seen first.` }),
    ),
    matched: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String({ description: "`name`, `city` or an identifier's type." }),
          value: Type.String(),
          kind: Type.Enum([...matchKinds]),
        }),
      ),
    ),
    city: Type.Optional(shapes.nullableText),
    sources: Type.Optional(Type.Array(Type.String(), { description: "Kinds of source." })),
    recordCount: Type.Optional(Type.Integer({ description: "Fragments that the profile is made of." })),
    orderCount: Type.Optional(Type.Integer()),
    revenue: Type.Optional(shapes.money),
    consents: Type.Optional(Type.Record(Type.String(), Type.Enum(["granted", "denied"]))),
    firstSeenAt: Type.Optional(shapes.isoTime),
    lastSeenAt: Type.Optional(shapes.isoTime),
  },
  { title: "SearchItem" },
);

/** One found profile as the API shows it. */
export interface SearchItemView {
  id: string;
  displayName: string;
  identifiers: { type: string; value: string }[];
  matched: SearchMatch[];
  city: string | null;
  /** Kinds. */
  sources: string[];
  recordCount: number;
  orderCount: number;
  revenue: Money;
  consents: Record<string, "granted" | "denied">;
  firstSeenAt: string;
  lastSeenAt: string;
}

export const itemFields = [
  "displayName",
  "identifiers",
  "matched",
  "city",
  "sources",
  "recordCount",
  "orderCount",
  "revenue",
  "consents",
  "firstSeenAt",
  "lastSeenAt",
] as const satisfies (keyof SearchItemView)[];
type ItemField = (typeof itemFields)[number];

export function searchItemView(item: SearchAnswer["items"][number], sources: readonly Source[]): SearchItemView {
  const { entry, matched } = item;
  const kindOf = new Map<string, string>(sources.map(({ id, kind }) => [id, kind]));
  return {
    id: entry.id,
    displayName: entry.displayName,
    identifiers: entry.identifiers.slice(0, maxListedIdentifiers),
    matched,
    city: entry.city,
    sources: [...new Set(entry.sources.map((source) => kindOf.get(source) ?? source))].sort(),
    recordCount: entry.recordCount,
    orderCount: entry.orderCount,
    revenue: entry.revenue,
    consents: { ...entry.consents },
    firstSeenAt: iso(entry.firstSeenAt),
    lastSeenAt: iso(entry.lastSeenAt),
  };
}

/** The item with only the wanted fields. Problem 400 `field_unknown`. */
export function narrowItem(
  item: SearchItemView,
  fields: string | undefined,
): Pick<SearchItemView, "id"> & Partial<SearchItemView> {
  if (fields === undefined) return item;
  const wanted = fields.split(",").map((name) => name.trim());
  for (const name of wanted) {
    if (name === "id" || itemFields.includes(name as ItemField)) continue;
    throw new Problem(400, "field_unknown", "`fields` names something that an item does not have.", {
      hint: `Choose from: ${itemFields.join(", ")}.`,
      field: "fields",
    });
  }
  const chosen = itemFields.filter((name) => wanted.includes(name)).map((name) => [name, item[name]]);
  return { id: item.id, ...Object.fromEntries(chosen) };
}

export const csvColumns = [
  "id",
  "name",
  "email",
  "phone",
  "city",
  "identifiers",
  "sources",
  "records",
  "orders",
  "revenueMinor",
  "currency",
  "consentsGranted",
  "consentsDenied",
  "firstSeenAt",
  "lastSeenAt",
] as const;

export function csvRow(item: SearchItemView): (string | number)[] {
  const valuesOf = (type: string): string =>
    item.identifiers
      .filter((identifier) => identifier.type === type)
      .map(({ value }) => value)
      .join(" ");
  const others = item.identifiers.filter(({ type }) => type !== "email" && type !== "phone");
  const consents = (wanted: string): string =>
    Object.entries(item.consents)
      .filter(([, status]) => status === wanted)
      .map(([name]) => name)
      .join(" ");
  return [
    item.id,
    item.displayName,
    valuesOf("email"),
    valuesOf("phone"),
    item.city ?? "",
    others.map(({ type, value }) => `${type}:${value}`).join(" "),
    item.sources.join(" "),
    item.recordCount,
    item.orderCount,
    item.revenue.amount,
    item.revenue.currency,
    consents("granted"),
    consents("denied"),
    item.firstSeenAt,
    item.lastSeenAt,
  ];
}

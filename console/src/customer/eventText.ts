import type { MoneyValue } from "../parts/moneyText.ts";
import { words } from "../words/words.ts";
import type { TimelineEvent } from "./timelineRows.ts";

const text = words.customer.timeline;
const maxNames = 4;

/** What happened, in a few words. */
export function titleOf({ type, event }: Pick<TimelineEvent, "type" | "event">): string {
  const known: Readonly<Record<string, string>> = text.types;
  const word = Object.hasOwn(known, type) ? String(known[type]) : type;
  if (type === "track") return event ?? word;
  return event === null ? word : text.named(word, event);
}

/** What it was about: a product, an order's number, a campaign; empty where nothing says so. */
export function detailOf({ type, properties }: Pick<TimelineEvent, "type" | "properties">): string {
  if (type === "identify" || type === "group") return namesOf(Object.keys(properties));
  const order = textIn(properties, ["order_id", "orderId"]);
  const products = productsOf(properties["products"] ?? properties["items"]);
  const said = [order === null ? null : text.order(order), products].filter((part) => part !== null);
  return said.length > 0 ? said.join(" · ") : (textIn(properties, subjects) ?? "");
}

/** Of what else an event may be about, the first that it names. */
const subjects = [
  "name",
  "subject",
  "campaign",
  "campaign_name",
  "title",
  "query",
  "store",
  "zone",
  "category",
  "coupon",
  "path",
  "url",
  "post_id",
  "sku",
];

function textIn(properties: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = properties[name];
    if (typeof value === "string" && value.trim() !== "") return value.trim();
    if (typeof value === "number") return String(value);
  }
  return null;
}

function productsOf(value: unknown): string | null {
  if (!Array.isArray(value)) return null;
  const names = value.flatMap((each: unknown) => {
    const name = isRecord(each) ? textIn(each, ["name", "title", "sku", "product_id"]) : null;
    return name === null ? [] : [name];
  });
  return names.length === 0 ? null : namesOf(names);
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).join(", ");
  return names.length > maxNames ? text.andMore(shown, names.length - maxNames) : shown;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The amount of an order or a refund, where the event says one and in what currency. */
export function moneyOf({ type, event, properties }: Pick<TimelineEvent, "type" | "event" | "properties">) {
  if (type !== "track" || event === null || !/order|refund|purchas|payment/i.test(event)) return null;
  const currency = properties["currency"];
  if (typeof currency !== "string" || !/^[a-z]{3}$/i.test(currency)) return null;
  const said = ["total", "revenue", "value"].map((name) => properties[name]).find((value) => value !== undefined);
  const amount = typeof said === "number" || typeof said === "string" ? Number(said) : Number.NaN;
  if (said === "" || !Number.isFinite(amount)) return null;
  return minor(amount, currency.toUpperCase());
}

function minor(amount: number, currency: string): MoneyValue {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return { amount: Math.round(amount * 10 ** maximumFractionDigits), currency };
}

/** `Viewed 6 products`: what a burst was mostly, and how much of it. */
export function burstText(events: readonly TimelineEvent[]): { title: string; detail: string } {
  const counts = new Map<string, number>();
  for (const event of events) counts.set(titleOf(event), (counts.get(titleOf(event)) ?? 0) + 1);
  const [most, ...others] = [...counts].sort(([, a], [, b]) => b - a);
  const title = most === undefined ? "" : most[1] === 1 ? most[0] : text.times(most[0], most[1]);
  return { title, detail: others.length === 0 ? lastDetail(events) : namesOf(others.map(([name]) => name)) };
}

function lastDetail(events: readonly TimelineEvent[]): string {
  return namesOf([...new Set(events.map(detailOf).filter((detail) => detail !== ""))]);
}

/** Nested values as `context.device.id`, `value` pairs, in their order. */
export function flatFields(value: unknown, path = ""): [name: string, value: string][] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((each: unknown, index) => flatFields(each, `${path}[${index}]`));
  }
  if (isRecord(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([name, each]) => flatFields(each, path === "" ? name : `${path}.${name}`));
  }
  if (path === "") return [];
  return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
}

import { words } from "../words/words.ts";

const first = ["name", "firstName", "lastName", "email", "phone", "birthday", "gender", "address", "city", "country"];
const dateShape = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?Z)?$/;

/** `homeStore`, `home_store`: `Home store`. */
export function traitLabel(name: string): string {
  const known: Readonly<Record<string, string>> = words.customer.traits.labels;
  if (Object.hasOwn(known, name)) return String(known[name]);
  const spaced = name
    .replaceAll(/[_-]+/g, " ")
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .trim()
    .toLowerCase();
  return spaced === "" ? name : spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** Who the person is first, then by name. */
export function traitOrder(a: string, b: string): number {
  const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** A trait's value in one line. */
export function traitText(value: unknown, locale?: string): string {
  if (value === null) return words.customer.traits.removed;
  if (typeof value === "boolean") return value ? words.customer.traits.yes : words.customer.traits.no;
  if (typeof value === "number") return new Intl.NumberFormat(locale, { useGrouping: false }).format(value);
  if (typeof value === "string") return dateShape.test(value) ? dateText(value, locale) : value;
  if (Array.isArray(value)) return value.map((each) => traitText(each, locale)).join(", ");
  if (typeof value === "object")
    return Object.values(value)
      .map((each) => traitText(each, locale))
      .join(", ");
  return JSON.stringify(value);
}

function dateText(value: string, locale?: string): string {
  const at = Date.parse(value);
  if (Number.isNaN(at)) return value;
  // A day without a time is the same day everywhere.
  const isDay = value.length === 10 || value.endsWith("T00:00:00.000Z");
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", ...(isDay ? { timeZone: "UTC" } : {}) }).format(at);
}

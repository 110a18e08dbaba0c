import type { JsonObject, JsonValue } from "../../model/event.ts";
import { ownValue } from "../ownKeys.ts";

const streetNames = [
  "street",
  "streetAddress",
  "street_address",
  "line1",
  "address1",
  "addressLine1",
  "address_line_1",
];
const postcodeNames = ["postalCode", "postal_code", "postcode", "post_code", "zip", "zipCode", "zip_code"];
const cityNames = ["city", "town", "locality"];
const leastTextChars = 10;
const maxTextChars = 300;

/**
 * One home's name, whoever wrote it: street with house number, and postcode or else city, without case, accents,
 * punctuation and white space. An address in one text is taken whole. Null for what names no single home: a street
 * without a number, a city alone. The country is left out: most sources do, and a postcode has one.
 */
export function homeOf(address: JsonValue | undefined): string | null {
  if (typeof address === "string") return address.length < leastTextChars ? null : numbered(folded(address));
  const parts = objectOf(address);
  if (parts === null) return null;
  const street = numbered(folded(textOf(parts, streetNames)));
  const place = folded(textOf(parts, postcodeNames)) || folded(textOf(parts, cityNames));
  return street === null || place === "" ? null : `${street}\n${place}`;
}

/** As a person reads it, of what {@link homeOf} looks at. */
export function homeText(address: JsonValue | undefined): string {
  if (typeof address === "string") return address.trim().slice(0, maxTextChars).toWellFormed();
  const parts = objectOf(address) ?? {};
  const texts = [streetNames, postcodeNames, cityNames].map((names) => textOf(parts, names).trim());
  return texts.filter((text) => text !== "").join(", ");
}

function textOf(parts: JsonObject, names: readonly string[]): string {
  for (const name of names) {
    const value = ownValue(parts, name);
    if (typeof value === "number") return String(value);
    if (typeof value === "string" && value.trim() !== "") return value.slice(0, maxTextChars).toWellFormed();
  }
  return "";
}

function folded(text: string): string {
  const plain = text.slice(0, maxTextChars).normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain.replaceAll(/[^\p{L}\p{N}]/gu, "");
}

function numbered(text: string): string | null {
  return /\p{N}/u.test(text) ? text : null;
}

function objectOf(value: JsonValue | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

import type { JsonValue } from "../../model/event.ts";
import { identifierKey, type IdentifierKey } from "../../model/identifier.ts";
import type { Profile, ProfileId } from "../../model/profile.ts";
import { compareIdentifiers, rulesOfType, typeOfKey, type IdentityRules } from "../rules.ts";
import type { Comparison } from "./comparison.ts";
import { type Field, fieldsOf, type TypedColumn } from "./fields.ts";
import { fittingComparisons } from "./patterns.ts";
import { type BlockingRule, blockingRulesOf } from "./sql/blockingSql.ts";
import { comparisonsOf } from "./sql/comparisonSql.ts";

/** What linkage knows of a profile, as a file that holds it would say it. */
export const profileColumns = [
  { name: "first_name", type: "given_name" },
  { name: "last_name", type: "surname" },
  { name: "birthday", type: "birth_date" },
  { name: "street", type: "street" },
  { name: "city", type: "city" },
  { name: "postcode", type: "postcode" },
  { name: "email", type: "email" },
  { name: "phone", type: "phone" },
] as const satisfies readonly TypedColumn[];

/** In the order of {@link profileColumns}. */
export const profileFields: readonly Field[] = fieldsOf([profileColumns]);
export const profileComparisons: readonly Comparison[] = fittingComparisons(comparisonsOf(profileFields));
/** Few strangers agree in one of these. */
export const profileBlocking: readonly BlockingRule[] = blockingRulesOf(profileFields).filter(
  ({ grip }) => grip === "tight",
);
/** Of a day and a month that could be either; ISO 8601 is read as it is. */
export const profileDayFirst: ReadonlySet<string> = new Set(["birth_date"]);

/** One value for each of {@link profileColumns}; null where there is none. */
export type ProfileTexts = readonly (string | null)[];

export interface ProfileRecord {
  id: ProfileId;
  /** Its surest identifier: what is said of the person is said of it. */
  anchor: IdentifierKey;
  /** A person has one such identifier (a login): only people say that two of them are one person's. */
  isUnique: boolean;
  texts: ProfileTexts;
}

const traitNames: Readonly<Record<(typeof profileColumns)[number]["name"], readonly string[]>> = {
  first_name: ["firstName", "first_name", "firstname", "givenName", "given_name"],
  last_name: ["lastName", "last_name", "lastname", "surname", "familyName", "family_name"],
  birthday: ["birthday", "birthDate", "birth_date", "birthdate", "dateOfBirth", "date_of_birth", "dob"],
  street: ["street", "streetAddress", "street_address", "address1", "addressLine1"],
  city: ["city", "town"],
  postcode: ["postcode", "postalCode", "postal_code", "zip", "zipCode", "zip_code"],
  email: ["email"],
  phone: ["phone"],
};
const wholeNames = ["name", "fullName", "full_name"];
const maxTextChars = 256;

/**
 * Null where there is too little to tell people apart by: no name at all, or nothing beside it. Traits under the names
 * in use, an address as one trait or several; e-mail and phone also as identifiers.
 */
export function profileRecordOf(profile: Profile, rules: IdentityRules): ProfileRecord | null {
  const keys = profile.identifiers.map(identifierKey).sort((a, b) => compareIdentifiers(a, b, rules));
  const [anchor] = keys;
  if (anchor === undefined) return null;
  const texts = textsOf(profile);
  const isKnown = (texts[0] ?? texts[1]) !== null && texts.filter((each) => each !== null).length > 1;
  if (!isKnown) return null;
  return { id: profile.id, anchor, isUnique: rulesOfType(typeOfKey(anchor), rules).kind === "unique", texts };
}

function textsOf(profile: Profile): (string | null)[] {
  const traits = valuesOf(Object.fromEntries(Object.entries(profile.traits).map(([name, { value }]) => [name, value])));
  const address = valuesOf(traits.holder["address"]);
  const whole = nameParts(traits.first(wholeNames));
  const identifier = (type: string): string | null =>
    profile.identifiers.find((each) => each.type === type)?.value ?? null;
  return profileColumns.map(({ name }) => {
    const found = traits.first(traitNames[name]) ?? address.first(traitNames[name]);
    if (found !== null) return found;
    if (name === "first_name" || name === "last_name") return whole[name];
    return name === "email" || name === "phone" ? identifier(name) : null;
  });
}

function valuesOf(value: JsonValue | undefined) {
  const holder = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  const first = (names: readonly string[]): string | null => {
    for (const name of names) {
      const text = Object.hasOwn(holder, name) ? textOf(holder[name]) : "";
      if (text !== "") return text;
    }
    return null;
  };
  return { holder, first };
}

function textOf(value: JsonValue | undefined): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value.trim().slice(0, maxTextChars).toWellFormed() : "";
}

/** The first word and the last; "Lovelace, Ada" is Ada Lovelace. */
function nameParts(whole: string | null): { first_name: string | null; last_name: string | null } {
  const words = (whole ?? "")
    .replace(/^([^,]+), *(.+)$/, "$2 $1")
    .split(/\s+/)
    .filter((word) => word !== "");
  return { first_name: words[0] ?? null, last_name: words.length > 1 ? (words.at(-1) ?? null) : null };
}

import type { JsonValue } from "../model/event.ts";
import type { Profile } from "../model/profile.ts";
import { maxSearchedIdentifiers, type SearchEntry } from "../storage/profileSearch.ts";
import { displayNameOf } from "./compose.ts";
import { ownValue } from "./ownKeys.ts";

const maxValueChars = 256;
const nameTraits = [
  ["name"],
  ["fullName"],
  ["full_name"],
  ["firstName", "middleName", "lastName"],
  ["first_name", "middle_name", "last_name"],
  ["firstname", "middlename", "lastname"],
] as const;
const contactTraits = ["email", "phone"] as const;

/** What search knows of a profile. */
export function searchEntryOf(profile: Profile, recordCount: number): SearchEntry {
  const { computed } = profile;
  const identifiers = profile.identifiers.slice(0, maxSearchedIdentifiers);
  const known = new Set(identifiers.map(({ value }) => value));
  return {
    id: profile.id,
    displayName: displayNameOf(profile),
    names: namesOf(profile),
    city: cityOf(profile),
    identifiers: identifiers.map(({ type, value }) => ({ type, value: value.toWellFormed() })),
    contacts: contactTraits.flatMap((type) => {
      const value = textOf(ownValue(profile.traits, type)?.value);
      return value === "" || known.has(value.toLowerCase()) || known.has(value) ? [] : [{ type, value }];
    }),
    sources: profile.sources,
    recordCount,
    orderCount: computed.orderCount,
    revenue: computed.revenue,
    consents: Object.fromEntries(Object.entries(profile.consents).map(([name, { status }]) => [name, status])),
    firstSeenAt: Date.parse(profile.firstSeenAt),
    lastSeenAt: Date.parse(profile.lastSeenAt),
  };
}

function namesOf({ traits }: Profile): string[] {
  const names = nameTraits.map((parts) =>
    parts
      .map((part) => textOf(ownValue(traits, part)?.value))
      .filter((part) => part !== "")
      .join(" ")
      .slice(0, maxValueChars),
  );
  return [...new Set(names.filter((name) => name !== ""))];
}

function cityOf({ traits }: Profile): string | null {
  const address = ownValue(traits, "address")?.value;
  const inAddress = typeof address === "object" && address !== null && !Array.isArray(address) ? address : {};
  const city = textOf(ownValue(traits, "city")?.value) || textOf(ownValue(inAddress, "city"));
  return city === "" ? null : city;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value.trim().slice(0, maxValueChars).toWellFormed() : "";
}

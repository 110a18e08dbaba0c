import { fieldName } from "../customers/matchText.ts";
import type { Profile } from "./customerQueries.ts";

const nameTraits = [
  ["name"],
  ["firstName", "lastName"],
  ["first_name", "last_name"],
  ["firstname", "lastname"],
] as const;
const nameIdentifiers = ["email", "phone", "user_id"];
/** A customer who has only these has not said who they are. */
const deviceTypes = new Set(["anonymous_id", "device_id", "cookie", "advertising_id", "idfa", "gaid", "idfv"]);

/** As lists name this person. */
export function displayNameOf({ id, identifiers = [], traits = {} }: Profile): string {
  for (const names of nameTraits) {
    const parts = names.map((trait) => traits[trait]?.value).filter((part) => typeof part === "string");
    const name = parts
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .join(" ");
    if (name !== "") return name;
  }
  for (const type of nameIdentifiers) {
    const found = identifiers.find((identifier) => identifier.type === type);
    if (found !== undefined) return found.value;
  }
  const [first] = identifiers;
  return first === undefined ? id : `${fieldName(first.type)} ${first.value}`;
}

export function isAnonymous({ identifiers = [] }: Profile): boolean {
  return identifiers.length > 0 && identifiers.every(({ type }) => deviceTypes.has(type));
}

import type { JsonObject, JsonValue } from "./event.ts";
import { identifierKey, maxIdentifiersPerEvent, type IdentifierKey } from "./identifier.ts";
import { normaliseIdentifier } from "./normalise.ts";

export interface CallIdentifiers {
  /** Sorted, unique, at most `maxIdentifiersPerEvent`. */
  identifiers: IdentifierKey[];
  /** For an alias call, the previous id as whatever it may have been; empty for an alias of an id to itself. */
  aliasOf: IdentifierKey[];
  /** More identifiers came than an event may carry. */
  isCapped: boolean;
}

/** Identifiers that people send as traits or properties, by the names in use. */
const namedIdentifiers: readonly (readonly [name: string, type: string])[] = [
  ["email", "email"],
  ["phone", "phone"],
  ["crm_id", "crm_id"],
  ["crmId", "crm_id"],
  ["erp_id", "erp_id"],
  ["erpId", "erp_id"],
  ["loyalty_card", "loyalty_card"],
  ["loyaltyCard", "loyalty_card"],
  ["pos_card", "pos_card"],
  ["posCard", "pos_card"],
];

/** Names of traits and properties that identify people. */
export const identifyingNames: ReadonlySet<string> = new Set(namedIdentifiers.map(([name]) => name));

/**
 * The identifiers that a call carries: `userId`, `anonymousId`, e-mail, phone and card numbers among traits
 * (`traits`, `context.traits`) and properties, `context.device.id` of mobile libraries, and any other that is named
 * (`context.externalIds: [{id, type}]`, RudderStack's `context.externalId`). The traits of a group call are the
 * group's, and name nobody. Empty and malformed values are none. Where more come than an event may carry, the first in
 * this order stay: user id, those by name, device, anonymous id.
 */
export function identifiersOfCall(body: JsonObject): CallIdentifiers {
  const found: IdentifierKey[] = [];
  const add = (type: string, value: JsonValue | undefined): void => {
    if (typeof value !== "string" && typeof value !== "number") return;
    const identifier = normaliseIdentifier(type, value);
    if (identifier === null) return;
    const key = identifierKey(identifier);
    if (!found.includes(key)) found.push(key);
  };
  const type = typeof body["type"] === "string" ? body["type"].toLowerCase() : "";
  const context = objectIn(body, "context");
  add("user_id", body["userId"]);
  if (type !== "group") addNamed(objectIn(body, "traits"), add);
  addNamed(objectIn(context, "traits"), add);
  addNamed(objectIn(body, "properties"), add);
  addExternal(context?.["externalIds"], add);
  addExternal(context?.["externalId"], add);
  add("device_id", objectIn(context, "device")?.["id"]);
  add("anonymous_id", body["anonymousId"]);
  const aliasOf = type === "alias" ? previousIds(body["previousId"], found) : [];
  const isCapped = found.length > maxIdentifiersPerEvent;
  return { identifiers: found.slice(0, maxIdentifiersPerEvent).sort(), aliasOf, isCapped };
}

type Add = (type: string, value: JsonValue | undefined) => void;

function addNamed(holder: JsonObject | null, add: Add): void {
  if (holder === null) return;
  for (const [name, type] of namedIdentifiers) if (Object.hasOwn(holder, name)) add(type, holder[name]);
}

/** Bounds the work for one call; what is over the cap would be dropped anyway. */
const maxExternalIds = 50;

function addExternal(external: JsonValue | undefined, add: Add): void {
  if (!Array.isArray(external)) return;
  for (const one of external.slice(0, maxExternalIds)) {
    if (typeof one !== "object" || one === null || Array.isArray(one)) continue;
    // Segment names companies the same way, in another collection.
    const isOfPerson = (one["collection"] ?? "users") === "users";
    if (isOfPerson && typeof one["type"] === "string") add(one["type"], one["id"]);
  }
}

/** WIRE: `previousId` may be a user id or an anonymous id, so it is taken as both; only the one that was seen joins. */
function previousIds(previousId: JsonValue | undefined, own: readonly IdentifierKey[]): IdentifierKey[] {
  if (typeof previousId !== "string" && typeof previousId !== "number") return [];
  const keys = ["anonymous_id", "user_id"].flatMap((type) => {
    const identifier = normaliseIdentifier(type, previousId);
    return identifier === null ? [] : [identifierKey(identifier)];
  });
  return keys.some((key) => key.startsWith("user_id:") && own.includes(key)) ? [] : keys;
}

function objectIn(holder: JsonObject | null, name: string): JsonObject | null {
  if (holder === null || !Object.hasOwn(holder, name)) return null;
  const value = holder[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

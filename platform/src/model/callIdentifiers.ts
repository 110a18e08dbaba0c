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

/**
 * The identifiers that a call carries: `userId`, `anonymousId`, e-mail, phone and card numbers among traits
 * (`traits`, `context.traits`) and properties, `context.device.id` of mobile libraries, and `context.externalIds`
 * (Segment's way to name any other: `[{id, type}]`). Empty and malformed values are none. Where more come than an event
 * may carry, the first in this order stay.
 */
export function identifiersOfCall(body: JsonObject): CallIdentifiers {
  const found = new Set<IdentifierKey>();
  const add = (type: string, value: JsonValue | undefined): void => {
    if (typeof value !== "string" && typeof value !== "number") return;
    const identifier = normaliseIdentifier(type, value);
    if (identifier !== null) found.add(identifierKey(identifier));
  };
  add("user_id", body["userId"]);
  const context = objectIn(body, "context");
  const named = [objectIn(body, "traits"), objectIn(context, "traits"), objectIn(body, "properties")];
  for (const holder of named) {
    if (holder === null) continue;
    for (const [name, type] of namedIdentifiers) if (Object.hasOwn(holder, name)) add(type, holder[name]);
  }
  addExternal(context, add);
  add("device_id", objectIn(context, "device")?.["id"]);
  add("anonymous_id", body["anonymousId"]);
  const all = [...found];
  const identifiers = all.slice(0, maxIdentifiersPerEvent).sort();
  return { identifiers, aliasOf: aliasOf(body), isCapped: all.length > maxIdentifiersPerEvent };
}

/** Bounds the work for one call; what is over the cap would be dropped anyway. */
const maxExternalIds = 50;

function addExternal(context: JsonObject | null, add: (type: string, value: JsonValue | undefined) => void): void {
  const external = context?.["externalIds"];
  if (!Array.isArray(external)) return;
  for (const one of external.slice(0, maxExternalIds)) {
    if (typeof one !== "object" || one === null || Array.isArray(one)) continue;
    if (typeof one["type"] === "string") add(one["type"], one["id"]);
  }
}

/** WIRE: `previousId` may be a user id or an anonymous id, so it is taken as both; only the one that was seen joins. */
function aliasOf(body: JsonObject): IdentifierKey[] {
  if (body["type"] !== "alias") return [];
  const { previousId, userId } = body;
  if (typeof previousId !== "string" && typeof previousId !== "number") return [];
  if (String(previousId) === String(userId)) return [];
  const keys = ["anonymous_id", "user_id"].map((type) => normaliseIdentifier(type, previousId));
  return keys.filter((identifier) => identifier !== null).map(identifierKey);
}

function objectIn(holder: JsonObject | null, name: string): JsonObject | null {
  const value = holder?.[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

import type { JsonObject } from "../model/event.ts";
import type { SourceKind } from "../model/source.ts";
import { hash32, share } from "./draws.ts";
import type { Retailer } from "./retailer.ts";
import type { SimulatedCall } from "./scene.ts";

/** Of all calls, those that come once more, spoilt: of the live days, which somebody watches, more. */
const badShareOfHistory = 1 / 2_000;
const badShareLive = 1 / 400;
const aboutBadCalls = 0xbad;

/**
 * The retailer as its systems really send: now and then one sends a call a second time, under a messageId of its own
 * and spoilt by a mistake of that system, which the platform refuses. Corrected and sent again it says what the good
 * one has said already, so the truth about who is who stays what it is. The good calls are the same as without.
 */
export function withBadCalls(retailer: Retailer): Retailer {
  const { plan } = retailer;
  return {
    ...retailer,
    day: (day) => {
      const badShare = day < plan.days ? badShareOfHistory : badShareLive;
      return retailer.day(day).flatMap((good, at) => {
        const isSpoilt = share(hash32(plan.seed, day, at, aboutBadCalls)) < badShare;
        return isSpoilt ? [good, { ...good, call: spoilt(good) }] : [good];
      });
    },
  };
}

function spoilt({ source, call }: SimulatedCall): JsonObject {
  const messageId = call["messageId"] as string;
  return { ...(mistakes[source](call) ?? unknownType(call)), messageId: `${messageId}-bad` };
}

/** What each system gets wrong, each seen at real retailers; null where the call has nothing to get it wrong with. */
const mistakes: Readonly<Record<SourceKind, (call: JsonObject) => JsonObject | null>> = {
  crm: (call) => asText(call, "traits") ?? withoutName(call),
  erp: (call) => (isOrder(call) ? { ...call, type: "order" } : null),
  pos: (call) => barcodeAsTotal(call),
  iot: (call) => asText(call, "properties"),
  social: ({ anonymousId, ...call }) =>
    anonymousId === undefined ? null : { ...call, anonymousId: { network: "social", id: anonymousId } },
  web: (call) => withoutName(call),
  mobile: ({ anonymousId: _installation, userId: _login, ...call }) => call,
};

/** An object put into JSON twice. */
function asText(call: JsonObject, field: "traits" | "properties"): JsonObject | null {
  const held = call[field];
  return held === undefined ? null : { ...call, [field]: JSON.stringify(held) };
}

/** A variable of the tag manager that nobody filled. */
function withoutName(call: JsonObject): JsonObject | null {
  return call["event"] === undefined ? null : { ...call, event: "" };
}

/** The scanner read an article while the cursor stood in the amount. */
function barcodeAsTotal(call: JsonObject): JsonObject | null {
  const { properties } = call;
  if (typeof properties !== "object" || properties === null || Array.isArray(properties)) return null;
  return properties["total"] === undefined
    ? null
    : { ...call, properties: { ...properties, total: 5_012_345_678_900 } };
}

function isOrder(call: JsonObject): boolean {
  return typeof call["event"] === "string" && call["event"].startsWith("Order ");
}

/** What an old library calls it. */
function unknownType(call: JsonObject): JsonObject {
  return { ...call, type: call["type"] === "page" ? "pageview" : "custom" };
}

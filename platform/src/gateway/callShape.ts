import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { maxMessageIdLength, type JsonObject, type JsonValue, type Rejection } from "../model/event.ts";

/** A text or a number: clients send both as ids. */
const Id = Type.Union([Type.String(), Type.Number(), Type.Null()]);
const Holder = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]);
const Text = Type.Union([Type.String(), Type.Null()]);
const fields = {
  userId: Type.Optional(Id),
  anonymousId: Type.Optional(Id),
  previousId: Type.Optional(Id),
  groupId: Type.Optional(Id),
  messageId: Type.Optional(Type.Union([Type.String({ maxLength: maxMessageIdLength }), Type.Null()])),
  event: Type.Optional(Text),
  name: Type.Optional(Text),
  category: Type.Optional(Text),
  traits: Type.Optional(Holder),
  properties: Type.Optional(Holder),
  context: Type.Optional(Holder),
};
const shape = Compile(Type.Object({ type: Type.String(), ...fields }));
const byField = Object.entries(fields).map(([name, schema]) => ({
  name,
  check: Compile(Type.Object({ [name]: schema })),
}));

export function isCall(call: unknown): call is JsonObject {
  return shape.Check(call);
}

/** Why a call cannot be taken, or null. The compiled check decides; only what fails it is looked at field by field. */
export function rejectionOf(call: unknown, allowGuests: boolean): Rejection | null {
  if (typeof call !== "object" || call === null || Array.isArray(call)) {
    return { code: "not_an_object", message: "a call is a JSON object" };
  }
  if (!shape.Check(call)) return wrongField(call);
  return missing(call as unknown as JsonObject, allowGuests) ?? wrongMoney(call as unknown as JsonObject);
}

function wrongField(call: object): Rejection {
  if (!Object.hasOwn(call, "type") || typeof (call as JsonObject)["type"] !== "string") {
    const message = "`type` must be one of track, identify, page, screen, group, alias";
    return { code: "type_missing", message, field: "type" };
  }
  const wrong = byField.find(({ name, check }) => Object.hasOwn(call, name) && !check.Check(call));
  const field = wrong?.name ?? "";
  if (field === "messageId") {
    return {
      code: "message_id_invalid",
      message: `\`messageId\` is a text of at most ${maxMessageIdLength} characters`,
      field,
    };
  }
  const what = ["traits", "properties", "context"].includes(field) ? "an object" : "a text";
  return { code: "wrong_type", message: `\`${field}\` must be ${what}`, field };
}

const types = new Set(["track", "identify", "page", "screen", "group", "alias"]);

function missing(call: JsonObject, allowGuests: boolean): Rejection | null {
  const type = (call["type"] as string).toLowerCase();
  if (!types.has(type)) {
    const message = "`type` must be one of track, identify, page, screen, group, alias";
    return { code: "type_unknown", message, field: "type" };
  }
  if (type === "track" && isEmpty(call["event"])) {
    return { code: "event_missing", message: "a track call needs the name of its event", field: "event" };
  }
  if (type === "group" && isEmpty(call["groupId"])) {
    return { code: "group_missing", message: "a group call needs `groupId`", field: "groupId" };
  }
  if (type === "alias") {
    if (isEmpty(call["previousId"])) {
      return { code: "previous_id_missing", message: "an alias call needs `previousId`", field: "previousId" };
    }
    if (isEmpty(call["userId"])) {
      return { code: "user_missing", message: "an alias call needs `userId`", field: "userId" };
    }
  }
  if (!allowGuests && isEmpty(call["userId"]) && isEmpty(call["anonymousId"])) {
    return { code: "user_missing", message: "a call needs `userId` or `anonymousId`", field: "userId" };
  }
  return null;
}

/** WIRE: an empty or null id means that there is none. */
function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}

/** Ten billion in major units: beyond it sums of many orders could no longer be exact. */
const maxAmount = 10_000_000_000;
const amountFields = ["revenue", "total", "value", "price"] as const;

function wrongMoney(call: JsonObject): Rejection | null {
  const properties = call["properties"];
  if (typeof properties !== "object" || properties === null || Array.isArray(properties)) return null;
  for (const field of amountFields) {
    if (isTooMuch(properties[field])) return tooMuch(`properties.${field}`);
  }
  const { products } = properties;
  if (!Array.isArray(products)) return null;
  for (const [index, product] of products.entries()) {
    if (typeof product !== "object" || product === null || Array.isArray(product)) continue;
    const { price, quantity } = product;
    if (isTooMuch(price) || isTooMuch(Number(price) * Number(quantity ?? 1))) {
      return tooMuch(`properties.products[${index}].price`);
    }
  }
  return null;
}

function isTooMuch(value: JsonValue | undefined): boolean {
  const amount = typeof value === "string" ? Number(value) : value;
  return typeof amount === "number" && Math.abs(amount) > maxAmount;
}

function tooMuch(field: string): Rejection {
  return {
    code: "amount_out_of_range",
    message: `an amount is at most ${maxAmount} in whole units of its currency`,
    field,
  };
}

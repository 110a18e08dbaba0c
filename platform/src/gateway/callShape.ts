import { Type } from "typebox";
import { Compile } from "typebox/compile";
import {
  callTypes,
  maxMessageIdLength,
  type CallType,
  type JsonObject,
  type JsonValue,
  type Rejection,
} from "../model/event.ts";
import { maxIdentifierLength } from "../model/identifier.ts";
import { maxMinorUnits } from "../model/money.ts";
import { normaliseIdentifier } from "../model/normalise.ts";
import { maxNameChars } from "./limits.ts";

/** A text or a number: clients send both as ids. */
const Id = Type.Union([Type.String(), Type.Number(), Type.Null()]);
const Holder = Type.Union([Type.Object({}), Type.Null()]);
const Text = Type.Union([Type.String(), Type.Null()]);
const Name = Type.Union([Type.String({ maxLength: maxNameChars }), Type.Null()]);
const fields = {
  userId: Type.Optional(Id),
  anonymousId: Type.Optional(Id),
  previousId: Type.Optional(Id),
  groupId: Type.Optional(Id),
  messageId: Type.Optional(Type.Union([Type.String({ maxLength: maxMessageIdLength }), Type.Null()])),
  event: Type.Optional(Name),
  name: Type.Optional(Name),
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

/** What is known of a call that {@link rejectionOf} found nothing wrong with. */
export type WellFormedCall = JsonObject & { type: string };

export function isWellFormed(call: unknown): call is WellFormedCall {
  return shape.Check(call);
}

/** Why a call cannot be taken, or null. The compiled check decides; only what fails it is looked at field by field. */
export function rejectionOf(call: unknown, allowGuests: boolean): Rejection | null {
  if (typeof call !== "object" || call === null || Array.isArray(call)) {
    return { code: "not_an_object", message: "a call is a JSON object" };
  }
  if (!isWellFormed(call)) return wrongField(call);
  return missing(call, allowGuests) ?? unusableId(call) ?? wrongMoney(call);
}

const typeMessage = `\`type\` must be one of ${callTypes.join(", ")}`;

function wrongField(call: object): Rejection {
  if (!Object.hasOwn(call, "type") || typeof (call as JsonObject)["type"] !== "string") {
    return { code: "type_missing", message: typeMessage, field: "type" };
  }
  const wrong = byField.find(({ name, check }) => Object.hasOwn(call, name) && !check.Check(call));
  const field = wrong?.name ?? "";
  if (field === "messageId") {
    const message = `\`messageId\` must be a text of at most ${maxMessageIdLength} characters`;
    return { code: "message_id_invalid", message, field };
  }
  if ((field === "event" || field === "name") && typeof (call as JsonObject)[field] === "string") {
    return { code: "name_too_long", message: `\`${field}\` must have at most ${maxNameChars} characters`, field };
  }
  const what = ["traits", "properties", "context"].includes(field) ? "an object" : "a text";
  return { code: "wrong_type", message: `\`${field}\` must be ${what}`, field };
}

const types = new Set<string>(callTypes);

/** The type in the spelling of the model; some clients write it with a capital. */
export function callTypeOf(call: WellFormedCall): CallType | null {
  const { type } = call;
  if (types.has(type)) return type as CallType;
  const lower = type.toLowerCase();
  return types.has(lower) ? (lower as CallType) : null;
}

function missing(call: WellFormedCall, allowGuests: boolean): Rejection | null {
  const type = callTypeOf(call);
  if (type === null) return { code: "type_unknown", message: typeMessage, field: "type" };
  if (type === "track" && isEmpty(call["event"])) {
    return { code: "event_missing", message: "a track call needs the name of its event", field: "event" };
  }
  if (type === "group" && isEmpty(call["groupId"])) {
    return { code: "group_missing", message: "a group call needs `groupId`", field: "groupId" };
  }
  if (type === "alias" && isEmpty(call["previousId"])) {
    return { code: "previous_id_missing", message: "an alias call needs `previousId`", field: "previousId" };
  }
  if (type === "alias" && isEmpty(call["userId"])) {
    return { code: "user_missing", message: "an alias call needs `userId`", field: "userId" };
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

const plainId = /^[\x21-\x7e]+$/;

/** An id that cannot be one would leave the event with nobody, or with somebody else: better told than guessed. */
function unusableId(call: WellFormedCall): Rejection | null {
  for (const field of ["userId", "anonymousId", "previousId"] as const) {
    const value = call[field];
    if (isEmpty(value)) continue;
    if (typeof value === "string" && value.length <= maxIdentifierLength && plainId.test(value)) continue;
    if (normaliseIdentifier("user_id", value) !== null) continue;
    const message = `\`${field}\` must be 1 to ${maxIdentifierLength} visible characters, or a whole number`;
    return { code: "id_invalid", message, field };
  }
  return null;
}

/** In major units. What is beyond it the model does not believe, and sums could no longer be exact. */
const maxAmount = maxMinorUnits / 100;
const amountFields = ["revenue", "total", "value", "price"] as const;

function wrongMoney(call: WellFormedCall): Rejection | null {
  const properties = call["properties"];
  if (typeof properties !== "object" || properties === null || Array.isArray(properties)) return null;
  for (const field of amountFields) {
    if (Object.hasOwn(properties, field) && isTooMuch(properties[field])) return tooMuch(`properties.${field}`);
  }
  return wrongLine(properties, "products") ?? wrongLine(properties, "items");
}

function wrongLine(properties: JsonObject, name: "products" | "items"): Rejection | null {
  const lines = properties[name];
  if (!Array.isArray(lines)) return null;
  for (const [index, line] of lines.entries()) {
    if (typeof line !== "object" || line === null || Array.isArray(line)) continue;
    const { price, quantity } = line;
    if (isTooMuch(price) || isTooMuch(amountOf(price) * amountOf(quantity ?? 1))) {
      return tooMuch(`properties.${name}[${index}].price`);
    }
  }
  return null;
}

/** NaN for what is no amount: then it is a property like any other. */
function amountOf(value: JsonValue | undefined): number {
  if (typeof value === "number") return value;
  return typeof value === "string" ? Number(value) : Number.NaN;
}

function isTooMuch(value: JsonValue | undefined): boolean {
  return Math.abs(amountOf(value)) > maxAmount;
}

function tooMuch(field: string): Rejection {
  const message = `an amount must be at most ${maxAmount} in whole units of its currency`;
  return { code: "amount_out_of_range", message, field };
}

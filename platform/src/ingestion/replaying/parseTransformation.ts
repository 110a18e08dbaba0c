import type { JsonObject, JsonValue } from "../../model/event.ts";
import { Problem } from "../../model/problem.ts";
import { conversionTypes, type Conversion } from "./conversions.ts";
import { everyPlace, maxPointerChars, maxPointerTokens, parsePointer, type Pointer } from "./pointer.ts";
import { timeReading, type Operation, type Transformation } from "./transformation.ts";

const maxOperations = 50;
const maxMapValues = 1_000;
/** Of the document as JSON. */
const maxDocumentChars = 65_536;
const maxFormatChars = 100;

const fieldsOf: Readonly<Record<Operation["op"], readonly string[]>> = {
  set: ["path", "value", "onlyIfMissing"],
  remove: ["path"],
  rename: ["path", "to"],
  copy: ["path", "to"],
  convert: ["path", "to", "decimal"],
  map: ["path", "values", "otherwise"],
  time: ["path", "format", "zone"],
};

/**
 * A transformation from outside: `{operations: [{op, path, …}]}`. Throws Problem 400 `invalid_transformation` with the
 * path of the first field that is wrong, and how to mend it.
 */
export function parseTransformation(document: unknown): Transformation {
  if (!isObject(document)) throw wrong("", "is not an object", "Give {operations: […]}.");
  const unknown = Object.keys(document).find((name) => name !== "operations");
  if (unknown !== undefined) throw wrong(unknown.slice(0, 60), "is not known here", "Its one field is operations.");
  const { operations } = document;
  if (!Array.isArray(operations) || operations.length === 0 || operations.length > maxOperations) {
    throw wrong("operations", "is not as it should be", `Give a list of 1 to ${maxOperations} operations.`);
  }
  if (JSON.stringify(document).length > maxDocumentChars) {
    throw wrong("operations", "is too large", `A transformation has at most ${maxDocumentChars} characters of JSON.`);
  }
  return { document, operations: operations.map((each, index) => operationOf(each, `operations[${index}]`)) };
}

function operationOf(given: JsonValue, at: string): Operation {
  const names = Object.keys(fieldsOf);
  if (!isObject(given)) throw wrong(at, "is not an object", `Give {op, path, …}; op is one of ${names.join(", ")}.`);
  const op = given["op"];
  if (!isOperation(op)) throw wrong(`${at}.op`, "is not known here", `Give one of ${names.join(", ")}.`);
  const unknown = Object.keys(given).find((name) => name !== "op" && !fieldsOf[op].includes(name));
  if (unknown !== undefined) {
    const hint = `Fields of ${op}: ${fieldsOf[op].join(", ")}.`;
    throw wrong(`${at}.${unknown.slice(0, 60)}`, "is not known here", hint);
  }
  const path = pointerIn(given, "path", at);
  switch (op) {
    case "set":
      return setOf(given, path, at);
    case "remove":
      return { op, path };
    case "rename":
    case "copy":
      return { op, path, to: targetOf(given, path, op, at) };
    case "convert":
      return { op, path, conversion: conversionIn(given, at) };
    case "map":
      return { op, path, ...valuesIn(given, at) };
    case "time":
      return { op, path, ...timeIn(given, at) };
  }
}

function isOperation(op: JsonValue | undefined): op is Operation["op"] {
  return typeof op === "string" && Object.hasOwn(fieldsOf, op);
}

function setOf(given: JsonObject, path: Pointer, at: string): Operation {
  const { value, onlyIfMissing = false } = given;
  if (value === undefined) throw wrong(`${at}.value`, "is missing", "Give any JSON value; null is one.");
  if (typeof onlyIfMissing !== "boolean") throw wrong(`${at}.onlyIfMissing`, "is no true or false", "Leave it out.");
  return { op: "set", path, value, onlyIfMissing };
}

function pointerIn(given: JsonObject, name: "path" | "to", at: string): Pointer {
  const text = given[name];
  const pointer = typeof text === "string" ? parsePointer(text) : null;
  if (pointer === null) {
    const hint = `Give a JSON Pointer such as /properties/total or /properties/products/*/price, at most ${maxPointerTokens} deep and ${maxPointerChars} characters.`;
    throw wrong(`${at}.${name}`, "is no JSON Pointer", hint);
  }
  if (pointer[0] === "messageId") {
    throw wrong(
      `${at}.${name}`,
      "may not name messageId",
      "A replayed call keeps its messageId, so that it counts once.",
    );
  }
  return pointer;
}

function targetOf(given: JsonObject, path: Pointer, op: "rename" | "copy", at: string): Pointer {
  const to = pointerIn(given, "to", at);
  const stars = (pointer: Pointer): number => pointer.filter((token) => token === everyPlace).length;
  if (stars(to) > stars(path)) {
    throw wrong(`${at}.to`, "has more * than path", "Each * of `to` stands for what the one of `path` stood for.");
  }
  if (op === "rename" && path.every((token, index) => to[index] === token)) {
    throw wrong(`${at}.to`, "lies within path", "Copy it there, or choose another place.");
  }
  return to;
}

function conversionIn({ to, decimal = "." }: JsonObject, at: string): Conversion {
  const type = conversionTypes.find((each) => each === to);
  if (type === undefined) throw wrong(`${at}.to`, "is not known here", `Give one of ${conversionTypes.join(", ")}.`);
  if (decimal !== "." && decimal !== ",")
    throw wrong(`${at}.decimal`, "is neither . nor ,", "Leave it out for a point.");
  return { to: type, decimal };
}

function valuesIn(
  { values, otherwise }: JsonObject,
  at: string,
): Pick<Extract<Operation, { op: "map" }>, "values" | "otherwise"> {
  const entries = isObject(values) ? Object.entries(values) : [];
  if (entries.length === 0 || entries.length > maxMapValues) {
    const hint = `Map 1 to ${maxMapValues} values, as {"shop": "web"}.`;
    throw wrong(`${at}.values`, "is not as it should be", hint);
  }
  return { values: new Map(entries), otherwise };
}

function timeIn(given: JsonObject, at: string): Pick<Extract<Operation, { op: "time" }>, "read" | "toUtc"> {
  const { format, zone = "UTC" } = given;
  if (typeof format !== "string" || format.length > maxFormatChars) {
    throw wrong(`${at}.format`, "is missing", "Give iso, unix, unix_ms or a pattern such as dd/MM/yyyy HH:mm.");
  }
  try {
    timeReading(format, "UTC");
  } catch (error) {
    throw wrong(
      `${at}.format`,
      error instanceof Error ? error.message : "is not known",
      "For example dd/MM/yyyy HH:mm.",
    );
  }
  try {
    if (typeof zone === "string") return timeReading(format, zone);
  } catch {
    // Said below.
  }
  throw wrong(`${at}.zone`, "is no zone known here", 'Give one such as "Europe/London", "+01:00" or "UTC".');
}

function wrong(field: string, message: string, hint: string): Problem {
  const name = field === "" ? "The transformation" : `\`${field}\``;
  const where = field === "" ? {} : { field };
  return new Problem(400, "invalid_transformation", `${name} ${message}.`, { hint, ...where });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

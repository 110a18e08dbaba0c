import type { JsonObject, JsonValue, Rejection } from "../../model/event.ts";
import { compileTimeFormat, type ReadTimeText } from "../../model/timeFormat.ts";
import { zoneOffsets, type ToUtc } from "../../model/zonedTime.ts";
import { converted, mapped, timeOf, type Conversion } from "./conversions.ts";
import { followingStars, Hindrance, placesAt, putAt, removeAll, roomAt, valueAt, type Pointer } from "./pointer.ts";

/** One step of a transformation, checked and ready. `path` and `to`: JSON Pointers with `*` for every place of a list. */
export type Operation =
  | { op: "set"; path: Pointer; value: JsonValue; onlyIfMissing: boolean }
  | { op: "remove"; path: Pointer }
  | { op: "rename" | "copy"; path: Pointer; to: Pointer }
  | { op: "convert"; path: Pointer; conversion: Conversion }
  | { op: "map"; path: Pointer; values: ReadonlyMap<string, JsonValue>; otherwise: JsonValue | undefined }
  | { op: "time"; path: Pointer; read: ReadTimeText; toUtc: ToUtc };

export interface Transformation {
  /** As it was given. */
  document: JsonObject;
  operations: readonly Operation[];
}

/** What `set` and `copy` may add to one call, in characters of JSON: copies of copies would grow without end. */
const maxAddedChars = 1_048_576;

/**
 * Changes a call, which the caller owns, in place: one operation after the other. What is not there is passed over.
 * Null, or why the call cannot be changed so; it is then half changed.
 */
export function transform(call: JsonObject, { operations }: Pick<Transformation, "operations">): Rejection | null {
  const room = { chars: maxAddedChars };
  for (const operation of operations) {
    try {
      apply(call, operation, room);
    } catch (error) {
      if (!(error instanceof Hindrance)) throw error;
      const field = pointerText(operation.path);
      return { code: "transformation_failed", message: `\`${field}\` ${error.message}`, field };
    }
  }
  return null;
}

interface Room {
  chars: number;
}

function apply(call: JsonObject, operation: Operation, room: Room): void {
  switch (operation.op) {
    case "set":
      return set(call, operation, room);
    case "remove":
      return removeAll(placesAt(call, operation.path));
    case "rename":
    case "copy":
      return carry(call, operation, room);
    case "convert":
      return change(call, operation.path, (value) => converted(value, operation.conversion));
    case "map":
      return change(call, operation.path, (value) => mapped(value, operation));
    case "time":
      return change(call, operation.path, (value) => timeOf(value, operation));
  }
}

function set(call: JsonObject, { path, value, onlyIfMissing }: Extract<Operation, { op: "set" }>, room: Room): void {
  for (const place of roomAt(call, path)) {
    const isThere = Array.isArray(place.holder) || Object.hasOwn(place.holder, place.key);
    if (onlyIfMissing && isThere && valueAt(place) !== null) continue;
    putAt(place, copied(value, room));
  }
}

function carry(call: JsonObject, { op, path, to }: Extract<Operation, { to: Pointer }>, room: Room): void {
  const places = placesAt(call, path);
  const values = places.map((place) => (op === "copy" ? copied(valueAt(place), room) : valueAt(place)));
  if (op === "rename") removeAll(places);
  for (const [index, { stars }] of places.entries()) {
    for (const place of roomAt(call, followingStars(to, stars))) putAt(place, values[index] as JsonValue);
  }
}

function change(call: JsonObject, path: Pointer, by: (value: JsonValue) => JsonValue): void {
  for (const place of placesAt(call, path)) putAt(place, by(valueAt(place)));
}

function copied(value: JsonValue, room: Room): JsonValue {
  const json = JSON.stringify(value);
  room.chars -= json.length;
  if (room.chars < 0) throw new Hindrance(`would add more than ${maxAddedChars} characters to the call`);
  return JSON.parse(json) as JsonValue;
}

function pointerText(pointer: Pointer): string {
  return pointer.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Throws an Error or a RangeError whose message says what is wrong with the format or the zone. */
export function timeReading(format: string, zone: string): { read: ReadTimeText; toUtc: ToUtc } {
  return { read: compileTimeFormat(format), toUtc: zoneOffsets(zone) };
}

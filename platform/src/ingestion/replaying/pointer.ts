import type { JsonObject, JsonValue } from "../../model/event.ts";
import { setOwn } from "../../profiles/ownKeys.ts";

/** Tokens of a JSON Pointer (RFC 6901), in which `*` stands for every place of a list. */
export type Pointer = readonly string[];

export const everyPlace = "*";
export const maxPointerChars = 500;
export const maxPointerTokens = 20;
/** Of one call, by one operation. */
const maxPlaces = 10_000;

type Holder = JsonObject | JsonValue[];

/** Where a value stands, or could. `stars`: what each `*` stood for. */
interface Place {
  holder: Holder;
  key: string;
  stars: readonly string[];
}

/** What an operation cannot do with a call. The message completes "`/properties/total` …". */
export class Hindrance extends Error {}

/** Null for what is no pointer to something in a call. */
export function parsePointer(text: string): Pointer | null {
  if (!text.startsWith("/") || text.length > maxPointerChars || /~(?![01])/.test(text)) return null;
  const tokens = text.slice(1).split("/");
  if (tokens.length > maxPointerTokens) return null;
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Those that are there; own keys only. Throws {@link Hindrance} for too many. */
export function placesAt(call: JsonObject, pointer: Pointer): Place[] {
  let holders: { value: JsonValue; stars: readonly string[] }[] = [{ value: call, stars: [] }];
  for (const [depth, token] of pointer.entries()) {
    const places = holders.flatMap(({ value, stars }) => placesIn(value, token, stars));
    if (places.length > maxPlaces) throw new Hindrance(`stands for more than ${maxPlaces} values`);
    if (depth === pointer.length - 1) return places;
    holders = places.map((place) => ({ value: valueAt(place), stars: place.stars }));
  }
  return [];
}

/** The same, with the objects on the way made where they are missing. Places of lists have to be there. */
export function roomAt(call: JsonObject, pointer: Pointer): Place[] {
  const last = pointer.at(-1) ?? "";
  for (let depth = 1; depth < pointer.length; depth++) {
    const [key = "", next = ""] = pointer.slice(depth - 1);
    // What a list should hold is not made up.
    if (key === everyPlace || next === everyPlace || /^\d+$/.test(next)) continue;
    for (const value of holdersAt(call, pointer.slice(0, depth - 1))) {
      if (Array.isArray(value)) continue;
      if (!Object.hasOwn(value, key) || value[key] === null) setOwn(value, key, {});
    }
  }
  const holders = holdersAt(call, pointer.slice(0, -1));
  const stars = starsAt(call, pointer.slice(0, -1));
  return holders.flatMap((holder, index) => {
    const own = stars[index] ?? [];
    return Array.isArray(holder) ? placesIn(holder, last, own) : [{ holder, key: last, stars: own }];
  });
}

/** `to` with what the `*` of another pointer stood for. */
export function followingStars(to: Pointer, stars: readonly string[]): Pointer {
  let next = 0;
  return to.map((token) => (token === everyPlace ? (stars[next++] ?? token) : token));
}

export function valueAt({ holder, key }: Place): JsonValue {
  return (Array.isArray(holder) ? holder[Number(key)] : holder[key]) as JsonValue;
}

export function putAt({ holder, key }: Place, value: JsonValue): void {
  if (Array.isArray(holder)) holder[Number(key)] = value;
  else setOwn(holder, key, value);
}

/** From the last one back: what follows in a list moves up. */
export function removeAll(places: readonly Place[]): void {
  for (const { holder, key } of places.toReversed()) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  }
}

function placesIn(value: JsonValue, token: string, stars: readonly string[]): Place[] {
  if (Array.isArray(value)) {
    if (token === everyPlace)
      return value.map((_, key) => ({ holder: value, key: `${key}`, stars: [...stars, `${key}`] }));
    return /^(0|[1-9]\d{0,8})$/.test(token) && Number(token) < value.length
      ? [{ holder: value, key: token, stars }]
      : [];
  }
  if (typeof value !== "object" || value === null || token === everyPlace) return [];
  return Object.hasOwn(value, token) ? [{ holder: value, key: token, stars }] : [];
}

function holdersAt(call: JsonObject, pointer: Pointer): Holder[] {
  if (pointer.length === 0) return [call];
  return placesAt(call, pointer).map((place) => {
    const value = valueAt(place);
    if (typeof value === "object" && value !== null) return value;
    throw new Hindrance("lies below a value that is no object");
  });
}

function starsAt(call: JsonObject, pointer: Pointer): (readonly string[])[] {
  return pointer.length === 0 ? [[]] : placesAt(call, pointer).map(({ stars }) => stars);
}

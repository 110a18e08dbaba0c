import { words } from "../words/words.ts";
import { fieldPlace, lineOf, type Place, scanJson } from "./jsonPlaces.ts";

const text = words.json;

/** What is wrong with a text, and where in it. */
export interface TextFault {
  place: Place;
  message: string;
}

/**
 * What is wrong with the text: as JSON, as an object (`notObject` says so), or as the platform said of it (`reason`).
 * `object`: it, where it is one.
 */
export function faultsOf(
  json: string,
  reason: { message: string; field?: string } | null,
  notObject: string,
): { faults: TextFault[]; object: Record<string, unknown> | null } {
  const scanned = scanJson(json);
  if ("fault" in scanned) {
    const { line, column } = lineOf(json, scanned.place.from);
    const message = text.syntax(line, column, text.syntaxWhat[scanned.fault]);
    return { faults: [{ place: scanned.place, message }], object: null };
  }
  const read: unknown = JSON.parse(json);
  if (typeof read !== "object" || read === null || Array.isArray(read)) {
    return { faults: [{ place: { from: 0, to: json.length }, message: notObject }], object: null };
  }
  const object = { ...read };
  if (reason?.field === undefined) return { faults: [], object };
  const place = fieldPlace(json, reason.field);
  if (place === null) return { faults: [], object };
  const where = place.isThere ? text.wrongHere : text.missingHere;
  return { faults: [{ place, message: `${reason.message} (${where})` }], object };
}

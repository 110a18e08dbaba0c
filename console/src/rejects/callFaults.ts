import { words } from "../words/words.ts";
import { fieldPlace, lineOf, type Place, scanJson } from "./jsonPlaces.ts";

const text = words.rejects;

/** What is wrong with a call, where it stands in its text. */
export interface CallFault {
  place: Place;
  message: string;
}

/**
 * What is wrong with the text: as JSON, as a call, or as the platform said of it (`reason`). `corrected`: the call,
 * where it is one.
 */
export function faultsOf(
  call: string,
  reason: { message: string; field?: string } | null,
): { faults: CallFault[]; corrected: Record<string, unknown> | null } {
  const scanned = scanJson(call);
  if ("fault" in scanned) {
    const { line, column } = lineOf(call, scanned.place.from);
    const message = text.syntax(line, column, text.syntaxWhat[scanned.fault]);
    return { faults: [{ place: scanned.place, message }], corrected: null };
  }
  const read: unknown = JSON.parse(call);
  if (typeof read !== "object" || read === null || Array.isArray(read)) {
    return { faults: [{ place: { from: 0, to: call.length }, message: text.notObject }], corrected: null };
  }
  const corrected = { ...read };
  if (reason?.field === undefined) return { faults: [], corrected };
  const place = fieldPlace(call, reason.field);
  if (place === null) return { faults: [], corrected };
  const where = place.isThere ? text.wrongHere : text.missingHere;
  return { faults: [{ place, message: `${reason.message} (${where})` }], corrected };
}

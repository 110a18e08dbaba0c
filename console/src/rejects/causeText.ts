import { words } from "../words/words.ts";
import type { Cause } from "./rejectQueries.ts";

const text = words.rejects;
/** Calls of these types are told by their names. */
const namedTypes: ReadonlySet<string> = new Set(["track", "page", "screen"]);

/** The event as people say it. */
export function eventText({ type, event }: Pick<Cause, "type" | "event">): string {
  if (event !== null) return event;
  if (type === null) return text.noType;
  return namedTypes.has(type) ? text.noName(type) : type;
}

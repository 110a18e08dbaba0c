import type { AcceptedEvent } from "./event.ts";

/**
 * Events that may say that whoever had a device left it. Rules choose among them; which of them an event is, is kept
 * with its sighting, so that other rules need no other events. New ones come at the end.
 */
export const logoutNames = ["Signed Out", "Logged Out", "Sign Out", "Logout", "User Signed Out", "User Logged Out"];

const numbers = new Map(logoutNames.map((name, index) => [squeezed(name), index + 1]));
const maxNameLength = 40;
const [letterA, letterT, letterZ] = [0x61, 0x74, 0x7a];

/** Which of {@link logoutNames} the event is, from 1, however its name is spelt; 0 for every other event. */
export function logoutOf({ type, event }: Pick<AcceptedEvent, "type" | "event">): number {
  return type === "track" && event !== null ? logoutNumber(event) : 0;
}

/** `Signed Out`, `signed_out`, `signedOut` are one name. */
export function logoutNumber(name: string): number {
  // All of them end with a t, which nearly no other event's name does; behind it may stand what is no letter.
  const last = name.charCodeAt(name.length - 1) | 0x20;
  if ((last >= letterA && last <= letterZ && last !== letterT) || name.length > maxNameLength) return 0;
  return numbers.get(squeezed(name)) ?? 0;
}

function squeezed(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]+/g, "");
}

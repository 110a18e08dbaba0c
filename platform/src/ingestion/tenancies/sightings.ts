import { isDevice, type FragmentId, type Sighting } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import { logoutOf } from "../../model/logout.ts";
import type { Incoming } from "../steps/validate.ts";

/** A batch's events that carry a device, by the fragment of their combination. */
export type Seen = ReadonlyMap<FragmentId, SeenEvents>;

export interface SeenEvents {
  identifiers: readonly IdentifierKey[];
  events: Incoming[];
}

export function seenOnDevices(events: readonly Incoming[]): Seen {
  const seen = new Map<FragmentId, SeenEvents>();
  for (const incoming of events) {
    const { identifiers } = incoming.event;
    const known = seen.get(incoming.fragmentId);
    if (known !== undefined) known.events.push(incoming);
    else if (identifiers.some(isDevice)) seen.set(incoming.fragmentId, { identifiers, events: [incoming] });
  }
  return seen;
}

export function sightingOf({ event, position }: Incoming): Sighting {
  return { at: event.occurredAt, position, logout: logoutOf(event) };
}

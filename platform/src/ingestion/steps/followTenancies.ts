import type { TenancyChange } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { handOver } from "../tenancies/handOver.ts";
import type { SharedDevices } from "../tenancies/sharedDevices.ts";
import { seenOnDevices, sightingOf } from "../tenancies/sightings.ts";
import type { TieChange } from "../../profiles/index.ts";
import type { PeopleChange } from "./changedPeople.ts";
import type { Folded } from "./fold.ts";

/** What of shared devices belongs to whom, once it is known who is who. */
export interface Followed {
  tenancies: TenancyChange | undefined;
  ties: TieChange[];
}

/** Changes what was folded and who changes accordingly; who is who stays: no identifier of such an event joins anybody. */
export async function followTenancies(
  folded: Folded,
  people: PeopleChange,
  parts: PipelineParts,
  devices: SharedDevices,
): Promise<Followed> {
  const seen = seenOnDevices(folded.events);
  const changed = new Map(people.identifiers.map((row) => [row.key, row]));
  const shared = await devices.among(seen, changed);
  if (shared.length === 0) {
    if (seen.size === 0) return { tenancies: undefined, ties: [] };
    const sighted = [...seen].map(([fragment, { events }]) => ({ fragment, sightings: events.map(sightingOf) }));
    return { tenancies: { sighted, refolded: [], emptied: [], held: [] }, ties: [] };
  }
  const handed = await handOver(shared, { seen, folded, changed }, parts);
  people.movedFragments.push(...handed.movedFragments);
  for (const person of handed.changedPersons) people.changedPersons.add(person);
  return { tenancies: handed.tenancies, ties: handed.ties };
}

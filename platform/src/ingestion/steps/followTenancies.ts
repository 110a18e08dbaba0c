import { isDevice } from "../../model/fragment.ts";
import type { TenancyChange } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { handOver } from "../tenancies/handOver.ts";
import type { SharedDevices } from "../tenancies/sharedDevices.ts";
import { seenOnDevices } from "../tenancies/sightings.ts";
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
  const carried: (readonly string[])[] = [];
  for (const { row, sightings } of folded.folded.values())
    if (sightings !== undefined) carried.push(row.state.identifiers);
  const { shared, turned } = await devices.among(carried, people.identifiers);
  for (const device of people.rehoming) if (isDevice(device)) turned.add(device);
  const all = shared.union(turned);
  if (all.size === 0) return { tenancies: undefined, ties: [] };
  const changed = new Map(people.identifiers.map((row) => [row.key, row]));
  const batch = { seen: seenOnDevices(folded.events), folded, changed, isAnew: (key: string) => turned.has(key) };
  const handed = await handOver([...all], batch, parts);
  people.movedFragments.push(...handed.movedFragments);
  for (const person of handed.changedPersons) people.changedPersons.add(person);
  return { tenancies: handed.tenancies, ties: handed.ties };
}

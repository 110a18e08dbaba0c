import { isDevice } from "../../model/fragment.ts";
import type { TenancyChange } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import { handOver } from "../tenancies/handOver.ts";
import type { SharedDevices } from "../tenancies/sharedDevices.ts";
import { seenOnDevices } from "../tenancies/sightings.ts";
import type { TieChange } from "../../profiles/index.ts";
import type { PeopleChange } from "./changedPeople.ts";
import type { Folded } from "./fold.ts";

/** Events that a batch may have folded anew: each is held, with some hundred bytes, until the batch is written. */
const mostRefolded = 200_000;

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
  const isAnew = (key: string): boolean => turned.has(key);
  // One event can be taken apart no further, and what it may change is bounded.
  const limit = folded.events.length > 1 ? { mostRefolded: parts.mostRefolded ?? mostRefolded } : {};
  const batch = { seen: seenOnDevices(folded.events), folded, changed, isAnew, ...limit };
  const handed = await handOver([...all], batch, parts);
  people.movedFragments.push(...handed.movedFragments);
  for (const person of handed.changedPersons) people.changedPersons.add(person);
  return { tenancies: handed.tenancies, ties: handed.ties };
}

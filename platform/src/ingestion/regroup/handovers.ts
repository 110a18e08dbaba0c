import type { Handovers } from "../../storage/identityAndProfiles.ts";
import { homeTies } from "../steps/decide.ts";
import { handOver } from "../tenancies/handOver.ts";
import type { Parts } from "../tenancies/combinations.ts";
import type { Refolded } from "../tenancies/refold.ts";
import { breathe } from "./regrouping.ts";

/** Each may have `maxTenancyEvents`. */
const devicesAtOnce = 10;

/**
 * What becomes of all devices that change hands, once everybody is said anew by other rules: read from the store that
 * is being written to.
 */
export async function* handoversUnder(parts: Parts & { isStopped?: () => boolean }): AsyncGenerator<Handovers> {
  let after = "";
  for (;;) {
    const devices = await parts.store.sharedDevices(after, devicesAtOnce);
    const last = devices.at(-1);
    if (last === undefined) return;
    const folded: Refolded = { folded: new Map(), foldedOrders: new Map() };
    const handed = await handOver(devices, { seen: new Map(), folded, changed: new Map(), isAnew: () => true }, parts);
    yield {
      fragments: [...folded.folded.values()],
      ties: [...handed.ties, ...homeTies(folded, parts.hash)],
      orders: [...folded.foldedOrders.values()],
      movedFragments: handed.movedFragments,
      changedPersons: [...handed.changedPersons],
      tenancies: handed.tenancies,
    };
    after = last;
    await breathe(parts);
  }
}

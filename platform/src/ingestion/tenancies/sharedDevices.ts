import { isDevice } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { IdentifierRow, IdentityAndProfiles } from "../../storage/identityAndProfiles.ts";
import type { Seen } from "./sightings.ts";

/** About 100 bytes each; where there are more shared devices, each batch's are looked up. */
const maxRemembered = 200_000;
const pageDevices = 10_000;

/** Tells the shared devices of a batch apart, of which there are few. */
export interface SharedDevices {
  /**
   * Those of the batch's devices that are shared, and perhaps some that were once. `changed`: rows that the batch
   * changes; what of them is shared now is among the answer, whether or not an event carried it.
   */
  among(seen: Seen, changed: ReadonlyMap<IdentifierKey, IdentifierRow>): Promise<IdentifierKey[]>;
  /** Other rules hold. */
  forget(): void;
}

type Parts = Pick<IdentityAndProfiles, "identifiers" | "sharedDevices">;

export function sharedDevices(store: Parts, most = maxRemembered): SharedDevices {
  /** Of all of them; null where there are too many, undefined before they were read. */
  let known: Set<IdentifierKey> | null | undefined;
  return {
    among: async (seen, changed) => {
      if (known === undefined) known = await allOf(store, most);
      const shared = new Set<IdentifierKey>();
      for (const { key, decision } of changed.values()) {
        if (decision !== "shared" || !isDevice(key)) continue;
        shared.add(key);
        known?.add(key);
      }
      if (known !== null && known.size > most) known = null;
      const carried = known ?? (await storedAmong(seen, store));
      for (const { identifiers } of seen.values()) {
        for (const key of identifiers) if (carried.has(key)) shared.add(key);
      }
      return [...shared];
    },
    forget: () => {
      known = undefined;
    },
  };
}

async function allOf(store: Parts, most: number): Promise<Set<IdentifierKey> | null> {
  const all = new Set<IdentifierKey>();
  for (let after = ""; ;) {
    const page = await store.sharedDevices(after, pageDevices);
    for (const key of page) all.add(key);
    if (all.size > most) return null;
    if (page.length < pageDevices) return all;
    after = page.at(-1) ?? "";
  }
}

async function storedAmong(seen: Seen, store: Parts): Promise<Set<IdentifierKey>> {
  const devices = new Set<IdentifierKey>();
  for (const { identifiers } of seen.values()) for (const key of identifiers) if (isDevice(key)) devices.add(key);
  const rows = await store.identifiers([...devices]);
  return new Set([...rows.values()].filter(({ decision }) => decision === "shared").map(({ key }) => key));
}

import { isDevice } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { IdentifierRow, IdentityAndProfiles } from "../../storage/identityAndProfiles.ts";
import type { Seen } from "./sightings.ts";

/** Devices of which it is remembered that they are one person's, of each of two generations: about 100 bytes each. */
const maxRemembered = 50_000;

/** Tells the shared devices of a batch apart; most are one person's, and looked up once. */
export interface SharedDevices {
  /** `changed`: rows that the batch changes. Those of its devices that are shared by then. */
  among(seen: Seen, changed: ReadonlyMap<IdentifierKey, IdentifierRow>): Promise<IdentifierKey[]>;
  /** Other rules hold. */
  forget(): void;
}

export function sharedDevices(store: Pick<IdentityAndProfiles, "identifiers">): SharedDevices {
  let young = new Set<IdentifierKey>();
  let old = new Set<IdentifierKey>();
  return {
    among: async (seen, changed) => {
      const shared: IdentifierKey[] = [];
      const unknown = new Set<IdentifierKey>();
      for (const row of changed.values()) {
        if (!isDevice(row.key)) continue;
        // Only what is stored is remembered: whether this batch stands is not known yet.
        young.delete(row.key);
        old.delete(row.key);
        if (row.decision === "shared") shared.push(row.key);
      }
      for (const { identifiers } of seen.values()) {
        for (const key of identifiers) {
          if (isDevice(key) && !young.has(key) && !old.has(key) && !changed.has(key)) unknown.add(key);
        }
      }
      const rows = unknown.size === 0 ? new Map<IdentifierKey, IdentifierRow>() : await store.identifiers([...unknown]);
      for (const key of unknown) {
        if (rows.get(key)?.decision === "shared") shared.push(key);
        else young.add(key);
      }
      if (young.size >= maxRemembered) [old, young] = [young, new Set()];
      return shared;
    },
    forget: () => {
      young.clear();
      old.clear();
    },
  };
}

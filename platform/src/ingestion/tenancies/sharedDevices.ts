import { isDevice } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { IdentifierRow, IdentityAndProfiles } from "../../storage/identityAndProfiles.ts";

/** About 100 bytes each; where there are more shared devices, each batch's are looked up. */
const maxRemembered = 200_000;
const pageDevices = 10_000;

/** Tells the shared devices of a batch apart, of which there are few. */
export interface SharedDevices {
  /**
   * `carried`: identifiers that events of the batch carry; `changed`: rows that it changes. `shared`: of the carried
   * ones those that are shared, and perhaps some that were once. `turned`: those that are said to be shared by a changed
   * row, whether or not an event carried them.
   */
  among(
    carried: Iterable<readonly IdentifierKey[]>,
    changed: readonly IdentifierRow[],
  ): Promise<{ shared: Set<IdentifierKey>; turned: Set<IdentifierKey> }>;
  /** Other rules hold. */
  forget(): void;
}

type Parts = Pick<IdentityAndProfiles, "identifiers" | "sharedDevices">;

export function sharedDevices(store: Parts, most = maxRemembered): SharedDevices {
  /** Of all of them; null where there are too many, undefined before they were read. */
  let known: Set<IdentifierKey> | null | undefined;
  return {
    among: async (carried, changed) => {
      if (known === undefined) known = await allOf(store, most);
      const turned = new Set<IdentifierKey>();
      for (const { key, decision } of changed) {
        if (decision !== "shared" || !isDevice(key)) continue;
        turned.add(key);
        known?.add(key);
      }
      if (known !== null && known.size > most) known = null;
      const stored = known ?? (await storedAmong(carried, store));
      const shared = new Set<IdentifierKey>();
      for (const identifiers of carried) for (const key of identifiers) if (stored.has(key)) shared.add(key);
      return { shared, turned };
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

async function storedAmong(carried: Iterable<readonly IdentifierKey[]>, store: Parts): Promise<Set<IdentifierKey>> {
  const devices = new Set<IdentifierKey>();
  for (const identifiers of carried) for (const key of identifiers) if (isDevice(key)) devices.add(key);
  const rows = await store.identifiers([...devices]);
  return new Set([...rows.values()].filter(({ decision }) => decision === "shared").map(({ key }) => key));
}

import type { FragmentId, FragmentState, TraitValue } from "../../model/fragment.ts";
import { householdIdOf, type HouseholdId } from "../../model/household.ts";
import { parseIdentifierKey, type IdentifierKey } from "../../model/identifier.ts";
import type { KeyedHash } from "../../model/keyedHash.ts";
import { isLater } from "../fold.ts";
import { ownValue } from "../ownKeys.ts";
import { homeOf, homeText } from "./address.ts";
import { householdRules } from "./rules.ts";

type Told = Pick<FragmentState, "identifiers" | "traits">;

/** What one person has that others of the home may have too. */
export interface Tie {
  id: HouseholdId;
  /** As a source wrote it: personal data. */
  value: string;
  /** Of the person's records, those that carry it. */
  records: number;
  /** It is theirs now: an address that was given up is not, nor what is beyond the bound on how much is looked at. */
  isHeld: boolean;
}

/** The ties that a person's fragments hold, by id, so the surest first. `counts`: false for a placeholder. */
export function tiesOf(fragments: readonly Told[], hash: KeyedHash, counts: (key: IdentifierKey) => boolean): Tie[] {
  const current = currentAddress(fragments);
  const home = current === null ? null : addressTie(current, hash);
  const found = new Map<HouseholdId, Tie>();
  const add = (id: HouseholdId | null, value: () => string, isHeld: boolean): void => {
    if (id === null) return;
    const known = found.get(id);
    if (known === undefined) found.set(id, { id, value: value(), records: 1, isHeld });
    else known.records += 1;
  };
  for (const { identifiers, traits } of fragments) {
    const address = ownValue(traits, "address");
    if (address !== undefined) {
      const id = addressTie(address, hash);
      add(id, () => homeText((id === home ? (current ?? address) : address).value), id === home);
    }
    for (const key of identifiers) {
      if (isSharedKind(key) && counts(key)) add(identifierTie(key, hash), () => parseIdentifierKey(key).value, true);
    }
  }
  const ties = [...found.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  let held = 0;
  for (const tie of ties) if (tie.isHeld && ++held > householdRules.mostTies) tie.isHeld = false;
  return ties;
}

function currentAddress(fragments: readonly Told[]): TraitValue | null {
  let latest: TraitValue | null = null;
  for (const { traits } of fragments) {
    const address = ownValue(traits, "address");
    if (address !== undefined && (latest === null || isLater(address, latest))) latest = address;
  }
  return latest;
}

function addressTie({ value }: TraitValue, hash: KeyedHash): HouseholdId | null {
  const home = homeOf(value);
  return home === null ? null : householdIdOf(hash, "address", home);
}

const sharedTypes = /^(phone|payment_card):/;

export function isSharedKind(key: IdentifierKey): boolean {
  return sharedTypes.test(key);
}

function identifierTie(key: IdentifierKey, hash: KeyedHash): HouseholdId {
  return householdIdOf(hash, key.startsWith("phone:") ? "phone" : "payment_card", key);
}

/** What a fragment's row among the ties changes by; null when nothing. */
export interface TieChange {
  fragment: FragmentId;
  added: HouseholdId[];
  removed: HouseholdId[];
}

/** `addressBefore`: the fragment's own, as stored, where its traits were read. */
export function tieChange(
  { state, isNew, addressBefore }: { state: FragmentState; isNew: boolean; addressBefore: TraitValue | undefined },
  hash: KeyedHash,
): TieChange | null {
  const added = isNew ? state.identifiers.filter(isSharedKind).map((key) => identifierTie(key, hash)) : [];
  const address = ownValue(state.traits, "address");
  if (address === addressBefore) return added.length === 0 ? null : { fragment: state.id, added, removed: [] };
  const before = addressBefore === undefined ? null : addressTie(addressBefore, hash);
  const now = address === undefined ? null : addressTie(address, hash);
  const removed = before === null || before === now ? [] : [before];
  if (now !== null && now !== before) added.push(now);
  return added.length + removed.length === 0 ? null : { fragment: state.id, added, removed };
}

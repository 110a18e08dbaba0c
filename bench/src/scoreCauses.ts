import type { RetailTruth } from "./retailTruth.ts";

/** What stands between what was found and the truth, most pairs first. */
export interface Cause {
  name: string;
  pairs: number;
}

/**
 * Pairs of identifiers of two people in one profile, by what the two share by design; people whom only others of the
 * profile connect are `through others`. `profile`: by identifier, the profile's number.
 */
export function falsePairCauses(truth: RetailTruth, profile: ArrayLike<number>): Cause[] {
  const held = new Map<number, Map<number, number>>();
  for (const [index, person] of truth.person.entries()) {
    const people = groupAt(held, profile[index] ?? 0, () => new Map<number, number>());
    people.set(person, (people.get(person) ?? 0) + 1);
  }
  const counts = new Map<string, number>();
  for (const people of held.values()) {
    const listed = [...people];
    for (const [at, [one, ofOne]] of listed.entries()) {
      for (const [other, ofOther] of listed.slice(at + 1)) {
        const name = sharedBy(truth, one, other);
        counts.set(name, (counts.get(name) ?? 0) + ofOne * ofOther);
      }
    }
  }
  return mostFirst(counts);
}

function sharedBy({ sharedOf }: RetailTruth, one: number, other: number): string {
  const others = new Set(sharedOf.get(other)?.map(({ key }) => key));
  const common = (sharedOf.get(one) ?? []).filter(({ key }) => others.has(key)).map(({ kind }) => kind);
  return common.length === 0 ? "through others" : [...new Set(common)].sort().join(" and ");
}

/** One person's identifiers that evidence connects, in several profiles: an identifier of each. */
export interface Split {
  a: string;
  b: string;
  pairs: number;
}

/** Everything knowable that was lost, most pairs first. */
export function splitsOf(truth: RetailTruth, profile: ArrayLike<number>): Split[] {
  const groups = new Map<string, Map<number, number[]>>();
  for (const [index, person] of truth.person.entries()) {
    const name = `${String(truth.evidence[index])} ${String(person)}`;
    const parts = groupAt(groups, name, () => new Map<number, number[]>());
    groupAt(parts, profile[index] ?? 0, () => []).push(index);
  }
  const splits: Split[] = [];
  for (const parts of groups.values()) {
    const listed = [...parts.values()];
    for (const [at, one] of listed.entries()) {
      for (const other of listed.slice(at + 1)) {
        const [a, b] = [truth.keys[one[0] ?? 0] ?? "", truth.keys[other[0] ?? 0] ?? ""];
        splits.push({ a, b, pairs: one.length * other.length });
      }
    }
  }
  return splits.sort((one, other) => other.pairs - one.pairs);
}

/** By the platform's own reasons. Asks for the first `most` splits; the rest is `not asked`. */
export async function splitCauses(
  splits: readonly Split[],
  most: number,
  ask: (a: string, b: string) => Promise<string>,
): Promise<Cause[]> {
  const counts = new Map<string, number>();
  for (const [index, { a, b, pairs }] of splits.entries()) {
    const name = index < most ? await ask(a, b) : "not asked";
    counts.set(name, (counts.get(name) ?? 0) + pairs);
  }
  return mostFirst(counts);
}

function mostFirst(counts: ReadonlyMap<string, number>): Cause[] {
  return [...counts].map(([name, pairs]) => ({ name, pairs })).sort((one, other) => other.pairs - one.pairs);
}

function groupAt<K, V>(groups: Map<K, V>, key: K, make: () => V): V {
  const known = groups.get(key);
  if (known !== undefined) return known;
  const made = make();
  groups.set(key, made);
  return made;
}

import type { PersonSeen } from "./correctionQueries.ts";

type Traits = NonNullable<PersonSeen["profile"]["traits"]>;
type TraitValue = Traits[string];

export interface Compared {
  name: string;
  one: TraitValue | null;
  other: TraitValue | null;
  is: "same" | "differs" | "single";
}

/** What would be theirs, and what would not count any more. */
export interface Winning {
  name: string;
  won: TraitValue;
  lost: TraitValue[];
}

/** What is known of two people, where it is about who they are: the same first, then what differs. */
export function compared(one: PersonSeen, other: PersonSeen): Compared[] {
  const [left, right] = [one.profile.traits ?? {}, other.profile.traits ?? {}];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const rows = names.map((name): Compared => {
    const [a, b] = [left[name] ?? null, right[name] ?? null];
    if (a === null || b === null) return { name, one: a, other: b, is: "single" };
    return { name, one: a, other: b, is: isSame(a.value, b.value) ? "same" : "differs" };
  });
  const rank = { same: 0, differs: 1, single: 2 };
  return rows.sort((x, y) => rank[x.is] - rank[y.is] || (x.name < y.name ? -1 : 1));
}

/** Traits of which a person after has one value where people before have several. */
export function winnings(before: readonly PersonSeen[], after: readonly PersonSeen[]): Winning[] {
  return after.flatMap(({ identifiers, profile }) => {
    const parts = before.filter((person) => person.identifiers.some((key) => identifiers.includes(key)));
    if (parts.length < 2) return [];
    return Object.entries(profile.traits ?? {}).flatMap(([name, won]) => {
      const values = parts.flatMap((person) => person.profile.traits?.[name] ?? []);
      const lost = values.filter(({ value }) => !isSame(value, won.value));
      return lost.length === 0 ? [] : [{ name, won, lost }];
    });
  });
}

/** As people compare: case, accents and outer white space say nothing. */
function isSame(a: unknown, b: unknown): boolean {
  return plain(a) === plain(b);
}

function plain(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").trim().toLowerCase();
}

import { pairOf, type IdentifierPair, type Verdict } from "../../model/correction.ts";
import { Problem } from "../../model/problem.ts";
import { readKey } from "../around.ts";

/** Identifiers, `type:value` as a person types them. */
export interface TypedPair {
  a: string;
  b: string;
}

/**
 * What somebody wants to be said: one of these.
 * - `merge`: the people of both are one.
 * - `unmerge`: what was said to make one person of both is taken back; if evidence joins them too, they are kept apart.
 * - `apart`: the two are kept apart, whatever evidence there is or will be.
 * - `corrections`: just this, verdict by verdict.
 */
export interface WantedCorrections {
  merge?: TypedPair;
  unmerge?: TypedPair;
  apart?: TypedPair;
  corrections?: readonly (TypedPair & { verdict: Verdict })[];
}

/** A verdict of normalised identifiers, before it is said. `field`: where it stands in the request. */
export interface Planned extends IdentifierPair {
  verdict: Verdict;
}

export type ReadWanted =
  | { kind: "merge" | "unmerge" | "apart"; pair: IdentifierPair; field: string }
  | { kind: "corrections"; planned: (Planned & { field: string })[] };

export const maxCorrections = 20;

/** Problem 400 `correction_unclear`, `identifier_invalid`, `identifiers_equal`. */
export function readWanted(wanted: WantedCorrections): ReadWanted {
  const kinds = (["merge", "unmerge", "apart", "corrections"] as const).filter((kind) => wanted[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    throw new Problem(400, "correction_unclear", "Say one thing: merge, unmerge, apart, or a list of corrections.", {
      hint: 'For example {"merge": {"a": "user_id:ada", "b": "email:ada@example.com"}}.',
    });
  }
  if (kind !== "corrections") return { kind, pair: readPair(wanted[kind] ?? { a: "", b: "" }, kind), field: kind };
  const listed = wanted.corrections ?? [];
  if (listed.length === 0 || listed.length > maxCorrections) {
    throw new Problem(400, "correction_unclear", `A list has 1 to ${maxCorrections} corrections.`, { field: kind });
  }
  const planned = listed.map(({ verdict, ...pair }, index) => {
    const field = `corrections[${index}]`;
    return { verdict, ...readPair(pair, field), field };
  });
  return { kind, planned };
}

function readPair({ a, b }: TypedPair, field: string): IdentifierPair {
  const [one, other] = [readKey(a, `${field}.a`), readKey(b, `${field}.b`)];
  if (one !== other) return pairOf(one, other);
  throw new Problem(400, "identifiers_equal", "Both are one identifier.", { hint: "Name two.", field });
}

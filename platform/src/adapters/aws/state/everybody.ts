import type { KeyedHash } from "../../../model/keyedHash.ts";
import type { Combination, Everybody, Page, PairKey, StatedKey } from "../../../storage/everybody.ts";
import type { PersonNumber } from "../../../storage/identityAndProfiles.ts";
import { Changes } from "./changes.ts";
import { evidenceOf, identifierOf, isKnown, isPresent, type PresentFragment } from "./encoding.ts";
import { countIn, listed } from "./listing.ts";
import { inOrder, type Place } from "./place.ts";
import { presentOf } from "./presentRows.ts";
import { overlaid, type RowTexts, valueAt, valuesAt, valuesIn } from "./rowReads.ts";
import { plainReads, readEvidence, readState } from "./stateReads.ts";
import {
  aliasPlace,
  crossingPlace,
  fragmentPlace,
  identifierPlace,
  joiningNobodyPlace,
  personPlace,
  statementPlace,
} from "./stateRows.ts";

const numbersAtOnce = 100;

/** What rows were that have changed since: it is in memory as long as somebody reads as of before. */
export class FrozenRows {
  readonly #before = new Changes();

  keep(places: readonly Place<unknown>[], texts: readonly (string | null)[]): void {
    for (const [index, place] of places.entries()) {
      if (this.#before.at(place) === undefined) this.#before.put(place, texts[index] ?? null);
    }
  }

  over(rows: RowTexts): RowTexts {
    return overlaid(rows, this.#before);
  }
}

/** As of now, whatever this decider decides meanwhile; another one that decides ends it. */
export async function openEverybody(now: () => RowTexts, hash: KeyedHash, frozen: Set<FrozenRows>): Promise<Everybody> {
  const before = new FrozenRows();
  frozen.add(before);
  const rows = (): RowTexts => before.over(now());
  const { identifiers, edges, corrections, persons, components, rules } = plainReads(rows, hash);
  const { nextNumber, persons: personCount, combinations } = await readState(rows());
  const pages = cursors<PersonCursor>();
  const names = cursors<string>();
  const combinationsBefore = async (until: PersonNumber, after: number, limit: number): Promise<Page<Combination>> => {
    const from = after === 0 ? { person: 0, index: 0 } : pages.at(after);
    const { found, next } = await combinationsFrom(rows(), from, until, limit);
    return { rows: found, next: next === null ? null : pages.add(next) };
  };
  return {
    identifiers,
    edges,
    corrections,
    persons,
    components,
    rules,
    nextNumber: async () => nextNumber,
    joiningNobody: async (after, limit) => {
      const from = after === 0 ? {} : { from: names.at(after) };
      const found = await rows().range(joiningNobodyPlace("").pk, {
        ...from,
        limit: limit + 1,
      });
      const next = found[limit];
      const ids = found.slice(0, limit).map(({ sk }) => sk);
      return {
        rows: await presentOf(rows(), ids, identifierPlace, (_, row) => (isKnown(row) ? identifierOf(row) : null)),
        next: next === undefined ? null : names.add(next.sk),
      };
    },
    combinations: (after, limit) => combinationsBefore(nextNumber, after, limit),
    nobodysCombinations: (after, limit) => combinationsBefore(1, after, limit),
    fragmentsOf: (ids) => readEvidence(rows(), ids),
    crossings: (after, limit) => crossingPage(rows(), after, limit),
    statedPairs: (after, limit) => statedPage(rows(), after, limit),
    componentNumbers: (after, limit) => componentsFrom(rows(), after, nextNumber, limit),
    counts: async () => ({
      persons: personCount,
      combinations,
    }),
    close: async () => {
      frozen.delete(before);
    },
  };
}

/** Pages are asked for by numbers; where each goes on is remembered here. */
function cursors<Cursor>(): { at(page: number): Cursor; add(cursor: Cursor): number } {
  const known: Cursor[] = [];
  return {
    at: (page) => {
      const cursor = known[page - 1];
      if (cursor === undefined) throw new RangeError("a page that was never named");
      return cursor;
    },
    add: (cursor) => known.push(cursor),
  };
}

interface PersonCursor {
  person: PersonNumber;
  /** Among its fragments. */
  index: number;
}

/** By person, nobody (0) first. */
async function combinationsFrom(
  rows: RowTexts,
  from: PersonCursor,
  until: PersonNumber,
  limit: number,
): Promise<{ found: Combination[]; next: PersonCursor | null }> {
  const ids: string[] = [];
  let { person, index } = from;
  let next: PersonCursor | null = null;
  while (person < until && next === null) {
    const numbers = Array.from({ length: Math.min(numbersAtOnce, until - person) }, (_, n) => person + n);
    const persons = await valuesAt(rows, numbers.map(personPlace));
    for (const [at, number] of numbers.entries()) {
      const fragments = await listed(rows, personPlace(number), persons[at] ?? null, "fragments");
      const room = limit - ids.length;
      const page = fragments.slice(index, index + room);
      ids.push(...page);
      if (index + page.length < fragments.length) {
        next = { person: number, index: index + page.length };
        break;
      }
      index = 0;
      person = number + 1;
    }
  }
  const found = await presentOf(rows, ids, fragmentPlace, (id, row) =>
    isPresent(row) ? combinationOf(id, row) : null,
  );
  return { found: found.filter(({ identifiers }) => identifiers.length > 0), next };
}

function combinationOf(id: string, row: PresentFragment): Combination {
  const { spans: _, ...combination } = evidenceOf(id, row);
  return combination;
}

async function componentsFrom(rows: RowTexts, after: number, until: number, limit: number): Promise<number[]> {
  const found: number[] = [];
  for (let from = after + 1; from < until && found.length < limit; from += numbersAtOnce) {
    const numbers = Array.from({ length: Math.min(numbersAtOnce, until - from) }, (_, n) => from + n);
    const persons = await valuesAt(rows, numbers.map(personPlace));
    found.push(...numbers.filter((_, index) => countIn(persons[index] ?? null, "members") > 0));
  }
  return found.slice(0, limit);
}

async function crossingPage(
  rows: RowTexts,
  after: PairKey | null,
  limit: number,
): Promise<Page<readonly [PersonNumber, PersonNumber], PairKey>> {
  const from = after === null ? {} : { from: crossingPlace(...after).sk };
  const found = await valuesIn(rows, crossingPlace("", ""), { ...from, limit: limit + 2 });
  const pairs = found
    .map(({ value }) => value)
    .filter(([one, other]) => after === null || one !== after[0] || other !== after[1]);
  const page = pairs.slice(0, limit);
  const read: [PersonNumber, PersonNumber][] = [];
  for (const [identifier, fragment] of page) {
    const [named, crossing] = [
      await valueAt(rows, identifierPlace(identifier)),
      await valueAt(rows, fragmentPlace(fragment)),
    ];
    if (named?.decision !== "ordinary" || named.person === undefined || crossing?.person === undefined) continue;
    read.push([named.person, crossing.person]);
  }
  return { rows: read, next: pairs.length > limit ? (page.at(-1) ?? null) : null };
}

async function statedPage(rows: RowTexts, after: StatedKey | null, limit: number): Promise<Page<PairKey, StatedKey>> {
  if (typeof after === "number") {
    const found = await valuesIn(rows, statementPlace(0), { from: inOrder(after + 1), limit });
    const joining = found.flatMap(({ value: { verdict, a, b } }): PairKey[] =>
      verdict === "same" || verdict === "probable" ? [[a, b]] : [],
    );
    return { rows: joining, next: found.length < limit ? null : (found.at(-1)?.value.position ?? null) };
  }
  const from = after === null ? {} : { from: `${after[0]}!` };
  const found = await valuesIn(rows, aliasPlace(""), { ...from, limit });
  const last = found.at(-1);
  // Positions begin with 0.
  return {
    rows: found.map(({ value }) => value),
    next: found.length < limit || last === undefined ? -1 : [last.sk, ""],
  };
}

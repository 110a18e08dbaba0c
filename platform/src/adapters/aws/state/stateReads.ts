import type { ExplicitEdge } from "../../../model/evidence.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type {
  ComponentRows,
  FragmentRow,
  IdentifierRow,
  IdentityAndProfiles,
  StoredRules,
  StoredStatement,
  TenancyReads,
} from "../../../storage/identityAndProfiles.ts";
import { evidenceOf, identifierOf, isKnown, isPresent, stateOf } from "./encoding.ts";
import { countIn, listed } from "./listing.ts";
import { personOf, presentOf } from "./presentRows.ts";
import { type RowTexts, valueAt, valuesAt, valuesIn } from "./rowReads.ts";
import {
  detailPlace,
  edgePlace,
  fragmentPlace,
  identifierPlace,
  leftPlace,
  messagePlace,
  noState,
  orderPlace,
  personPlace,
  rulesPlace,
  duplicatePlace,
  refusalPlace,
  statementPlace,
  statePlace,
  type StateRow,
} from "./stateRows.ts";
import { inOrder } from "./place.ts";

export async function readState(rows: RowTexts): Promise<StateRow> {
  return { ...noState, ...(await valueAt(rows, statePlace)) };
}

export async function readFragments(
  rows: RowTexts,
  ids: readonly string[],
  withDetail: ReadonlySet<string>,
): Promise<Map<string, FragmentRow>> {
  const detailed = ids.filter((id) => withDetail.has(id));
  const [fragments, details] = await Promise.all([
    valuesAt(rows, ids.map(fragmentPlace)),
    valuesAt(rows, detailed.map(detailPlace)),
  ]);
  const detailOf = new Map(detailed.map((id, index) => [id, details[index] ?? null]));
  const found = new Map<string, FragmentRow>();
  for (const [index, id] of ids.entries()) {
    const row = fragments[index] ?? null;
    if (isPresent(row)) found.set(id, { person: row.person, state: stateOf(id, row, detailOf.get(id) ?? null) });
  }
  return found;
}

export async function readIdentifiers(
  rows: RowTexts,
  hash: KeyedHash,
  keys: readonly IdentifierKey[],
): Promise<Map<IdentifierKey, IdentifierRow>> {
  const found = await valuesAt(
    rows,
    keys.map((key) => identifierPlace(profileIdOf(hash, key))),
  );
  return new Map(
    keys.flatMap((key, index) => {
      const row = found[index] ?? null;
      return isKnown(row) ? [[key, identifierOf(row)] as const] : [];
    }),
  );
}

/** With either end among the keys, each once: of each key and end at most `most`. */
export async function readEdges(
  rows: RowTexts,
  hash: KeyedHash,
  keys: readonly IdentifierKey[],
  most?: number,
): Promise<ExplicitEdge[]> {
  const ids = keys.map((key) => profileIdOf(hash, key));
  const found = await valuesAt(rows, ids.map(identifierPlace));
  const places = new Map<string, ReturnType<typeof edgePlace>>();
  for (const [index, id] of ids.entries()) {
    const row = found[index] ?? null;
    for (const end of ["from", "to"] as const) {
      if (countIn(row, end) === 0) continue;
      const names = await listed(rows, identifierPlace(id), row, end, most === undefined ? {} : { most });
      for (const name of names.slice(0, most)) {
        const { other, source } = edgeEnd(name);
        const place = end === "from" ? edgePlace(id, other, source) : edgePlace(other, id, source);
        places.set(place.pk, place);
      }
    }
  }
  return (await valuesAt(rows, [...places.values()])).filter((edge) => edge !== null);
}

/** Potential profile ids hold no dot. */
function edgeEnd(name: string): { other: string; source: string } {
  const dot = name.indexOf(".");
  return { other: name.slice(0, dot), source: name.slice(dot + 1) };
}

async function edgesBetween(
  rows: RowTexts,
  hash: KeyedHash,
  pairs: readonly { a: IdentifierKey; b: IdentifierKey }[],
): Promise<ExplicitEdge[]> {
  const named = pairs.map(({ a, b }) => ({ a: profileIdOf(hash, a), b: profileIdOf(hash, b) }));
  const found = await valuesAt(
    rows,
    named.map(({ a }) => identifierPlace(a)),
  );
  const places = [];
  for (const [index, { a, b }] of named.entries()) {
    const row = found[index] ?? null;
    if (countIn(row, "from") === 0) continue;
    const names = await listed(rows, identifierPlace(a), row, "from", { prefix: `${b}.` });
    places.push(...names.map((name) => edgePlace(a, b, edgeEnd(name).source)));
  }
  return (await valuesAt(rows, places)).filter((edge) => edge !== null);
}

/** With either end among the keys, each once. */
export async function readStatements(
  rows: RowTexts,
  hash: KeyedHash,
  keys: readonly IdentifierKey[],
): Promise<StoredStatement[]> {
  const ids = keys.map((key) => profileIdOf(hash, key));
  const found = await valuesAt(rows, ids.map(identifierPlace));
  const positions = new Set<number>();
  for (const [index, id] of ids.entries()) {
    const row = found[index] ?? null;
    if (countIn(row, "said") === 0) continue;
    for (const at of await listed(rows, identifierPlace(id), row, "said")) positions.add(Number(at));
  }
  return (await valuesAt(rows, [...positions].map(statementPlace))).filter((said) => said !== null);
}

export async function readRules(rows: RowTexts): Promise<StoredRules | null> {
  const [newest] = await valuesIn(rows, rulesPlace(0), { isDescending: true, limit: 1 });
  return newest?.value ?? null;
}

export async function readComponents(rows: RowTexts, numbers: readonly number[]): Promise<ComponentRows> {
  const members = await listsOf(rows, numbers, "members");
  const persons = await presentOf(rows, members.flat().map(Number), personPlace, personOf);
  const ids = persons.map(({ person }) => person);
  const [named, own] = await Promise.all([listsOf(rows, ids, "identifiers"), listsOf(rows, ids, "fragments")]);
  const identifierIds = named.flat();
  const identifiers = await valuesAt(rows, identifierIds.map(identifierPlace));
  const crossing: string[] = [];
  for (const [index, id] of identifierIds.entries()) {
    const row = identifiers[index] ?? null;
    if (row?.decision !== "ordinary" || countIn(row, "crossings") === 0) continue;
    crossing.push(...(await listed(rows, identifierPlace(id), row, "crossings")));
  }
  return {
    persons,
    identifiers: identifiers.filter(isKnown).map(identifierOf),
    fragments: await readEvidence(rows, [...new Set([...own.flat(), ...crossing])]),
  };
}

export async function readEvidence(rows: RowTexts, ids: readonly string[]) {
  return presentOf(rows, ids, fragmentPlace, (id, row) => (isPresent(row) ? evidenceOf(id, row) : null));
}

/** Of some persons or components, one of their lists. */
export async function listsOf(
  rows: RowTexts,
  numbers: readonly number[],
  name: "identifiers" | "fragments" | "members",
): Promise<string[][]> {
  const found = await valuesAt(rows, numbers.map(personPlace));
  return Promise.all(found.map((row, index) => listed(rows, personPlace(numbers[index] as number), row, name)));
}

async function alone(rows: RowTexts, state: StateRow, numbers: readonly number[]): Promise<Set<number>> {
  const persons = await valuesAt(rows, numbers.map(personPlace));
  const components = await valuesAt(
    rows,
    persons.map((row, index) => personPlace(row?.component ?? (numbers[index] as number))),
  );
  const found = new Set<number>();
  for (const [index, number] of numbers.entries()) {
    const person = persons[index] ?? null;
    if (person?.component === undefined || countIn(components[index] ?? null, "members") > 1) continue;
    if ((state.crossings || state.statements) && (await isSpokenOf(rows, number))) continue;
    found.add(number);
  }
  return found;
}

/** Whether anything was said of its identifiers, or a fragment crosses from or to it. */
async function isSpokenOf(rows: RowTexts, person: number): Promise<boolean> {
  const [identifiers = []] = await listsOf(rows, [person], "identifiers");
  for (const row of await valuesAt(rows, identifiers.map(identifierPlace))) {
    if (countIn(row, "crossings") > 0 || countIn(row, "said") > 0) return true;
  }
  const [fragments = []] = await listsOf(rows, [person], "fragments");
  return (await valuesAt(rows, fragments.map(fragmentPlace))).some((row) => countIn(row, "crossedBy") > 0);
}

type PlainReads = Omit<
  IdentityAndProfiles,
  "position" | "commit" | "releaseFeed" | "close" | "everybody" | keyof TenancyReads
>;

/** What is read as it is stored. `rows`: as they are decided when somebody asks. */
export function plainReads(rows: () => RowTexts, hash: KeyedHash): PlainReads {
  return {
    fragments: (ids, withDetail) => readFragments(rows(), ids, withDetail),
    personsOfFragments: async (ids) =>
      new Map(
        await presentOf(rows(), ids, fragmentPlace, (id, row) => (isPresent(row) ? ([id, row.person] as const) : null)),
      ),
    identifiers: (keys) => readIdentifiers(rows(), hash, keys),
    edges: async (keys, most) => ((await readState(rows())).edges ? readEdges(rows(), hash, keys, most) : []),
    edgesBetween: async (pairs) => ((await readState(rows())).edges ? edgesBetween(rows(), hash, pairs) : []),
    corrections: async (keys) => ((await readState(rows())).statements ? readStatements(rows(), hash, keys) : []),
    persons: async (numbers) =>
      new Map((await presentOf(rows(), numbers, personPlace, personOf)).map((row) => [row.person, row])),
    personsAlone: async (numbers) => alone(rows(), await readState(rows()), numbers),
    identifiersOf: async (numbers) => {
      const ids = (await listsOf(rows(), numbers, "identifiers")).flat();
      return (await valuesAt(rows(), ids.map(identifierPlace))).filter(isKnown).map(identifierOf);
    },
    fragmentsOf: async (numbers) => {
      // Nobody's (0) are not anybody's.
      const people = numbers.filter((number) => number !== 0);
      const each = await listsOf(rows(), people, "fragments");
      return each.flatMap((ids, index) => ids.map((id) => ({ id, person: people[index] as number })));
    },
    components: (numbers) => readComponents(rows(), numbers),
    orders: async (keys) => new Map(await presentOf(rows(), keys, orderPlace, (key, row) => [key, row] as const)),
    nextNumber: async () => (await readState(rows())).nextNumber,
    refused: async (keys) => {
      const { rejected } = await readState(rows());
      if (rejected === 0) return new Set();
      const unmended = await presentOf(rows(), keys, messagePlace, (key, row) => (row.unmended === true ? key : null));
      return new Set(unmended);
    },
    kept: async () => (await readState(rows())).kept,
    leftParts: async (ids) => new Map(await presentOf(rows(), ids, leftPlace, (id, row) => [id, row] as const)),
    notProcessed: async (from, until) => {
      const within = { from: inOrder(from), until: inOrder(until) };
      const [again, refused] = await Promise.all(
        [duplicatePlace(0).pk, refusalPlace(0).pk].map((pk) => rows().range(pk, within)),
      );
      return new Set([...(again ?? []), ...(refused ?? [])].map(({ sk }) => Number(sk)));
    },
    rules: () => readRules(rows()),
  };
}

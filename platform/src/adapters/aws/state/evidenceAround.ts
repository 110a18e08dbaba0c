import { correctionEdges, probableEdges } from "../../../identity/index.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import { Problem } from "../../../model/problem.ts";
import type { IdentifierRow } from "../../../storage/identityAndProfiles.ts";
import { maxEvidenceRead, type EvidenceAround } from "../../../storage/people.ts";
import { identifierOf, isKnown, isPresent, stateOf } from "./encoding.ts";
import { countIn, listed } from "./listing.ts";
import { presentOf } from "./presentRows.ts";
import { type RowTexts, valuesAt } from "./rowReads.ts";
import { listsOf, readEdges, readIdentifiers, readRules, readStatements } from "./stateReads.ts";
import { detailPlace, fragmentPlace, identifierPlace, personPlace } from "./stateRows.ts";

/** A hub or a shared device may have any number of aliases, which join nobody: so many of each end are shown. */
const maxAliasesShown = 1_000;

/** The evidence components of keys, with the decisions of every identifier that their evidence names. */
export async function readEvidenceAround(
  rows: RowTexts,
  hash: KeyedHash,
  keys: readonly IdentifierKey[],
): Promise<EvidenceAround> {
  const named = await readIdentifiers(rows, hash, keys);
  const holders = [...new Set([...named.values()].map(({ person }) => person))];
  const components = await presentOf(rows, holders, personPlace, (_, { component }) => component ?? null);
  const { persons, known, fragments } = await whole(rows, hash, [...new Set(components)]);
  const add = async (more: Iterable<IdentifierKey>): Promise<void> => {
    const unknown = [...new Set(more)].filter((key) => !known.has(key));
    for (const [key, row] of await readIdentifiers(rows, hash, unknown)) known.set(key, row);
  };
  const joining = [...known.values()].filter(({ decision }) => decision === "ordinary").map(({ key }) => key);
  const own = [...known.keys()].filter((key) => known.get(key)?.decision !== "ordinary");
  await add([...keys, ...fragments.flatMap(({ identifiers }) => identifiers)]);
  const edges = [
    ...(await readEdges(rows, hash, joining)),
    ...(await readEdges(rows, hash, [...own, ...keys], maxAliasesShown)),
  ];
  const corrections = await readStatements(rows, hash, [...new Set([...known.keys(), ...keys])]);
  // Those of a withdrawn correction are of no component here.
  await add([...edges, ...correctionEdges(corrections), ...probableEdges(corrections)].flatMap(({ a, b }) => [a, b]));
  const outside = [...known.values()].filter((row) => row.decision === "ordinary" && !persons.has(row.person));
  return {
    identifiers: [...known.values()],
    outside: new Set(outside.map(({ key }) => key)),
    fragments,
    edges: [...new Map(edges.map((edge) => [`${edge.a}\n${edge.b}\n${edge.source}`, edge])).values()],
    corrections,
    rules: await readRules(rows),
  };
}

/** Problem 422 `evidence_too_large`. */
async function whole(rows: RowTexts, hash: KeyedHash, components: readonly number[]) {
  const persons = new Set((await listsOf(rows, components, "members")).flat().map(Number));
  const ids = (await listsOf(rows, [...persons], "identifiers")).flat();
  if (ids.length > maxEvidenceRead) throw tooLarge();
  const found = (await valuesAt(rows, ids.map(identifierPlace))).filter(isKnown);
  const fragments = (
    await listsOf(
      rows,
      [...persons].filter((person) => person !== 0),
      "fragments",
    )
  ).flat();
  for (const row of found) {
    if (row.decision !== "ordinary" || countIn(row, "crossings") === 0) continue;
    fragments.push(...(await listed(rows, identifierPlace(profileIdOf(hash, row.key)), row, "crossings")));
  }
  const known = new Map<IdentifierKey, IdentifierRow>(found.map((row) => [row.key, identifierOf(row)]));
  return { persons, known, fragments: await readStates(rows, [...new Set(fragments)]) };
}

async function readStates(rows: RowTexts, ids: readonly string[]) {
  const [fragments, details] = await Promise.all([
    valuesAt(rows, ids.map(fragmentPlace)),
    valuesAt(rows, ids.map(detailPlace)),
  ]);
  return ids.flatMap((id, index) => {
    const row = fragments[index] ?? null;
    return isPresent(row) ? [stateOf(id, row, details[index] ?? null)] : [];
  });
}

function tooLarge(): Problem {
  const message = `More than ${maxEvidenceRead} identifiers hang together here: too many to explain.`;
  return new Problem(422, "evidence_too_large", message, {
    hint: "Look for a shared value among them, such as a test's login or a cashier's card, and block it.",
  });
}

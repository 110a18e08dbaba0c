import type { DatabaseSync } from "node:sqlite";
import { correctionEdges, probableEdges } from "../../../identity/index.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { IdentifierRow } from "../../../storage/identityAndProfiles.ts";
import { Problem } from "../../../model/problem.ts";
import { maxEvidenceRead, type EvidenceAround } from "../../../storage/people.ts";
import { aliasEnds, edgesOf } from "./aliases.ts";
import { correctionEnds, correctionsOf } from "./corrections.ts";
import { crossingFragments, crossingStatements } from "./crossings.ts";
import { currentRules, rulesStatements } from "./rulesVersions.ts";
import { fragmentState, identifierRow, int, rowsFor } from "./rows.ts";

/** A hub or a shared device may have any number of aliases, which join nobody: so many of each end are shown. */
const maxAliasesShown = 1_000;
/** SQLite's word for all. What joins people has few (`maxEvidenceIdentifiers`). */
const allOfThem = -1;

/** Reads the evidence components of keys, with the decisions of every identifier that their evidence names. */
export function evidenceReader(
  database: DatabaseSync,
  hash: KeyedHash,
): (keys: readonly IdentifierKey[]) => EvidenceAround {
  const statements = evidenceStatements(database);
  const stored = (key: IdentifierKey): IdentifierRow | null => {
    const row = statements.identifierById.get(profileIdOf(hash, key));
    return row === undefined ? null : identifierRow(row);
  };
  const componentOf = (person: number): number | null => {
    const row = person === 0 ? undefined : statements.person.get(person);
    return row === undefined ? null : int(row, "component");
  };
  return (keys) => {
    const named = keys.map((key) => componentOf(stored(key)?.person ?? 0));
    const components = new Set(named.filter((component) => component !== null));
    const { persons, rows, fragments } = whole(statements, hash, components);
    const add = (more: Iterable<IdentifierKey>): void => {
      for (const key of more) {
        const row = rows.has(key) ? null : stored(key);
        if (row !== null) rows.set(key, row);
      }
    };
    const joining = [...rows.values()].filter(({ decision }) => decision === "ordinary").map(({ key }) => key);
    const own = [...rows.keys()].filter((key) => rows.get(key)?.decision !== "ordinary");
    add([...keys, ...fragments.flatMap(({ identifiers }) => identifiers)]);
    const edges = [
      ...edgesOf(statements, joining, allOfThem),
      ...edgesOf(statements, [...own, ...keys], maxAliasesShown),
    ];
    const corrections = correctionsOf(statements, new Set([...rows.keys(), ...keys]));
    // Those of a withdrawn correction are of no component here.
    add([...edges, ...correctionEdges(corrections), ...probableEdges(corrections)].flatMap(({ a, b }) => [a, b]));
    const outside = [...rows.values()].filter((row) => row.decision === "ordinary" && !persons.has(row.person));
    return {
      identifiers: [...rows.values()],
      outside: new Set(outside.map(({ key }) => key)),
      fragments,
      edges: [...new Map(edges.map((edge) => [`${edge.a}\n${edge.b}\n${edge.source}`, edge])).values()],
      corrections,
      rules: currentRules(statements),
    };
  };
}

function whole(statements: ReturnType<typeof evidenceStatements>, hash: KeyedHash, components: ReadonlySet<number>) {
  const persons = new Set(rowsFor(statements.personsOfComponent, components).map((row) => int(row, "person")));
  const identifiers: IdentifierRow[] = [];
  for (const person of persons) {
    identifiers.push(...rowsFor(statements.identifiersOfPerson, [person]).map(identifierRow));
    if (identifiers.length > maxEvidenceRead) throw tooLarge();
  }
  const crossing = crossingFragments(
    statements,
    identifiers.filter(({ decision }) => decision === "ordinary").map(({ key }) => profileIdOf(hash, key)),
  );
  const found = [...rowsFor(statements.fragmentsOfPerson, persons), ...rowsFor(statements.fragmentById, crossing)];
  const fragments = new Map(found.map(fragmentState).map((fragment) => [fragment.id, fragment]));
  return {
    persons,
    rows: new Map(identifiers.map((row) => [row.key, row])),
    fragments: [...fragments.values()],
  };
}

function tooLarge(): Problem {
  const message = `More than ${maxEvidenceRead} identifiers hang together here: too many to explain.`;
  return new Problem(422, "evidence_too_large", message, {
    hint: "Look for a shared value among them, such as a test's login or a cashier's card, and block it.",
  });
}

export function evidenceStatements(database: DatabaseSync) {
  const fragments = `SELECT f.id, f.person, f.identifiers, f.spans, f.logouts, f.tenant, d.traits, d.consents
    FROM fragments f LEFT JOIN details d USING (id)`;
  return {
    identifierById: database.prepare("SELECT * FROM identifiers WHERE id = ?"),
    identifiersOfPerson: database.prepare("SELECT * FROM identifiers WHERE person = ?"),
    person: database.prepare("SELECT * FROM persons WHERE person = ?"),
    personsOfComponent: database.prepare("SELECT * FROM persons WHERE component = ?"),
    fragmentsOfPerson: database.prepare(`${fragments} WHERE f.person = ? AND f.person <> 0`),
    fragmentById: database.prepare(`${fragments} WHERE f.id = ?`),
    ...aliasEnds(database),
    ...correctionEnds(database),
    ...crossingStatements(database),
    ...rulesStatements(database),
  };
}

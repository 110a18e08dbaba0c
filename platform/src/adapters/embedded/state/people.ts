import type { DatabaseSync } from "node:sqlite";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { FragmentState } from "../../../model/fragment.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import type { OrderState } from "../../../model/order.ts";
import type { ProfileId } from "../../../model/profile.ts";
import type { IdentifierRow } from "../../../storage/identityAndProfiles.ts";
import type { EvidenceAround, People, PersonRecord } from "../../../storage/people.ts";
import { correctionEnds, correctionsOf } from "./corrections.ts";
import { currentRules, rulesStatements } from "./rulesVersions.ts";
import { correctionEdges } from "../../../identity/index.ts";
import { decodeSpans, edgeRow, identifierRow, int, json, rowsFor, splitKeys, text, type Row } from "./rows.ts";

/** Reads of persons, over any connection to the state file. Each call is one snapshot. */
export function peopleOver(database: DatabaseSync, hash: KeyedHash): People {
  const statements = peopleStatements(database);
  const snapshot = <T>(read: () => T): T => {
    database.exec("BEGIN");
    try {
      return read();
    } finally {
      database.exec("COMMIT");
    }
  };
  const personOf = (id: ProfileId): number | null => {
    const row = statements.identifierById.get(id);
    return row === undefined || int(row, "person") === 0 ? null : int(row, "person");
  };
  return {
    byProfileId: async (id) =>
      snapshot(() => {
        const person = personOf(id);
        return person === null ? null : readPerson(statements, person);
      }),
    byPerson: (person) => snapshot(() => readPerson(statements, person)),
    byPersons: (persons) =>
      snapshot(() => {
        const found = new Map<number, PersonRecord>();
        for (const person of persons) {
          const record = readPerson(statements, person);
          if (record !== null) found.set(person, record);
        }
        return found;
      }),
    livingIdOf: (person) => {
      const row = statements.person.get(person);
      return row === undefined ? null : text(row, "profile_id");
    },
    fragmentsOf: async (id) =>
      snapshot(() => {
        const person = personOf(id);
        if (person === null) return null;
        return (statements.fragmentIds.all(person) as Row[]).map((row) => text(row, "id"));
      }),
    profileIdOfFragment: async (id) =>
      snapshot(() => {
        const row = statements.livingOfFragment.get(id);
        return row === undefined ? null : text(row, "profile_id");
      }),
    ordersOf: async (fragments) =>
      fragments.flatMap((ownerFragment) =>
        (statements.orders.all(ownerFragment) as Row[]).map((order) => ({
          state: json(order, "state") as OrderState,
          ownerFragment,
        })),
      ),
    evidenceAround: async (keys) => snapshot(() => evidenceAround(statements, hash, keys)),
  };
}

type Statements = ReturnType<typeof peopleStatements>;

export function peopleStatements(database: DatabaseSync) {
  return {
    identifierById: database.prepare("SELECT * FROM identifiers WHERE id = ?"),
    identifiers: database.prepare("SELECT * FROM identifiers WHERE person = ?"),
    person: database.prepare("SELECT * FROM persons WHERE person = ?"),
    personsOfComponent: database.prepare("SELECT * FROM persons WHERE component = ?"),
    fragmentIds: database.prepare("SELECT id FROM fragments WHERE person = ? AND person <> 0"),
    fragments: database.prepare(`SELECT f.id, f.person, f.identifiers, f.spans, d.traits, d.consents
      FROM fragments f LEFT JOIN details d USING (id) WHERE f.person = ? AND f.person <> 0`),
    livingOfFragment: database.prepare(
      "SELECT p.profile_id FROM fragments f JOIN persons p USING (person) WHERE f.id = ?",
    ),
    orders: database.prepare("SELECT state FROM orders WHERE owner_fragment = ?"),
    ...correctionEnds(database),
    edgesFrom: database.prepare("SELECT * FROM edges WHERE a = ?"),
    edgesTo: database.prepare("SELECT * FROM edges WHERE b = ?"),
    ...rulesStatements(database),
  };
}

function readPerson(statements: Statements, person: number): PersonRecord | null {
  const row = statements.person.get(person);
  if (row === undefined) return null;
  const identifiers = (statements.identifiers.all(person) as Row[]).map((found) =>
    Object.assign(identifierRow(found), { id: text(found, "id") }),
  );
  const fragments = (statements.fragments.all(person) as Row[]).map(fragmentState);
  const orders = rowsFor(
    statements.orders,
    fragments.map((fragment) => fragment.id),
  ).map((order) => json(order, "state") as OrderState);
  return { profileId: text(row, "profile_id"), identifiers, fragments, orders };
}

function fragmentState(row: Row): FragmentState {
  const hasDetail = row["traits"] !== null;
  return {
    id: text(row, "id"),
    identifiers: splitKeys(text(row, "identifiers")),
    spans: decodeSpans(text(row, "spans")),
    traits: hasDetail ? (json(row, "traits") as FragmentState["traits"]) : {},
    consents: hasDetail ? (json(row, "consents") as FragmentState["consents"]) : {},
  };
}

/** The evidence components of the keys' persons, with the decisions of every identifier that their evidence names. */
function evidenceAround(statements: Statements, hash: KeyedHash, keys: readonly IdentifierKey[]): EvidenceAround {
  const rowOf = (key: IdentifierKey): IdentifierRow | null => {
    const row = statements.identifierById.get(profileIdOf(hash, key));
    return row === undefined ? null : identifierRow(row);
  };
  const components = new Set<number>();
  for (const key of keys) {
    const person = rowOf(key)?.person ?? 0;
    const row = person === 0 ? undefined : statements.person.get(person);
    if (row !== undefined) components.add(int(row, "component"));
  }
  const persons = rowsFor(statements.personsOfComponent, components).map((row) => int(row, "person"));
  const fragments = rowsFor(statements.fragments, persons).map(fragmentState);
  const identifiers = new Map<IdentifierKey, IdentifierRow>();
  for (const row of rowsFor(statements.identifiers, persons).map(identifierRow)) identifiers.set(row.key, row);
  for (const key of [...keys, ...fragments.flatMap((fragment) => fragment.identifiers)]) {
    const row = identifiers.has(key) ? null : rowOf(key);
    if (row !== null) identifiers.set(key, row);
  }
  const known = [...identifiers.keys()];
  const edges = [...rowsFor(statements.edgesFrom, known), ...rowsFor(statements.edgesTo, known)].map(edgeRow);
  const corrections = correctionsOf(statements, new Set([...known, ...keys]));
  // Those of a withdrawn correction are of no component here.
  const named = [...edges, ...correctionEdges(corrections)];
  for (const key of named.flatMap(({ a, b }) => [a, b])) {
    const row = identifiers.has(key) ? null : rowOf(key);
    if (row !== null) identifiers.set(key, row);
  }
  const distinct = new Map(edges.map((edge) => [`${edge.a}\n${edge.b}\n${edge.source}`, edge]));
  const rules = currentRules(statements);
  return { identifiers: [...identifiers.values()], fragments, edges: [...distinct.values()], corrections, rules };
}

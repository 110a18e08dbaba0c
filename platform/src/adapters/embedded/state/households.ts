import type { DatabaseSync } from "node:sqlite";
import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { ProfileId } from "../../../model/profile.ts";
import { Households, tiesOf, type Tie } from "../../../profiles/index.ts";
import type { FragmentState } from "../../../model/fragment.ts";
import type { HouseholdReads, HouseholdStore } from "../../../storage/households.ts";
import { int, json, splitKeys, text, type Row } from "./rows.ts";

/** Households over any connection to the state file. Each call is one snapshot. */
export function householdsOver(database: DatabaseSync, hash: KeyedHash): HouseholdStore {
  const statements = householdStatements(database);
  const snapshot = <T>(read: (households: Households) => T): T => {
    database.exec("BEGIN");
    try {
      return read(new Households(readsOver(statements, hash)));
    } finally {
      database.exec("COMMIT");
    }
  };
  return {
    ofProfile: async (id) =>
      snapshot((households) => {
        const row = statements.personById.get(id);
        return row === undefined || int(row, "person") === 0 ? null : households.ofPerson(int(row, "person"));
      }),
    byId: async (id) => snapshot((households) => households.byId(id)),
  };
}

/** Of persons whose fragments have been read, for those who write them elsewhere. */
export function tiesReader(
  database: DatabaseSync,
  hash: KeyedHash,
): (person: number, fragments: readonly FragmentState[]) => Tie[] {
  const statements = householdStatements(database);
  return (person, fragments) => tiesOfPerson(statements, hash, person, fragments);
}

type Statements = ReturnType<typeof householdStatements>;

function householdStatements(database: DatabaseSync) {
  return {
    personById: database.prepare("SELECT person FROM identifiers WHERE id = ?"),
    profileId: database.prepare("SELECT profile_id FROM persons WHERE person = ?"),
    decision: database.prepare("SELECT decision FROM identifiers WHERE id = ?"),
    ordinary: database.prepare("SELECT 1 FROM identifiers WHERE person = ? AND decision = 'ordinary' LIMIT 1"),
    // Of what was learned only the address: traits may be long.
    fragments: database.prepare(`SELECT f.identifiers, d.traits -> '$.address' AS address
      FROM fragments f LEFT JOIN details d USING (id) WHERE f.person = ? AND f.person <> 0`),
    carriers: database.prepare(`SELECT f.person FROM home_ties t JOIN fragments f ON f.number = t.fragment
      WHERE t.tie = ? AND f.person <> 0 LIMIT ?`),
  };
}

function readsOver(statements: Statements, hash: KeyedHash): HouseholdReads {
  return {
    tiesOf: (person) => {
      const rows = statements.fragments.all(person) as Row[];
      return tiesOfPerson(statements, hash, person, rows.map(addressed));
    },
    carriersOf: (id, mostRecords) => {
      const rows = statements.carriers.all(id, mostRecords + 1) as Row[];
      return rows.length > mostRecords ? null : [...new Set(rows.map((row) => int(row, "person")))];
    },
    profileIdOf: (person): ProfileId => {
      const row = statements.profileId.get(person);
      return row === undefined ? "" : text(row, "profile_id");
    },
  };
}

type Addressed = Pick<FragmentState, "identifiers" | "traits">;

function addressed(row: Row): Addressed {
  const traits = row["address"] === null ? {} : { address: json(row, "address") };
  return { identifiers: splitKeys(text(row, "identifiers")), traits: traits as FragmentState["traits"] };
}

/** Hubs and shared devices are persons of their own in the state, and nobody. */
function tiesOfPerson(statements: Statements, hash: KeyedHash, person: number, fragments: readonly Addressed[]): Tie[] {
  const ties = tiesOf(fragments, hash, (key) => {
    const row = statements.decision.get(profileIdOf(hash, key));
    return row === undefined || text(row, "decision") !== "blocked";
  });
  if (ties.length === 0 || statements.ordinary.get(person) !== undefined) return ties;
  return ties.map((tie) => ({ ...tie, isHeld: false }));
}

import type { DatabaseSync } from "node:sqlite";
import type { KeyedHash } from "../../../model/keyedHash.ts";
import type { OrderState } from "../../../model/order.ts";
import type { ProfileId } from "../../../model/profile.ts";
import type { PeopleOfFile, PersonRecord } from "../../../storage/people.ts";
import { evidenceReader } from "./evidenceAround.ts";
import { fragmentParts } from "./fragmentParts.ts";
import { fragmentState, identifierRow, int, json, rowsFor, text, type Row } from "./rows.ts";
import { snapshot } from "./schema.ts";
import { tenancyReads, tenancyStatements } from "./tenancies.ts";

/** Reads of persons, over any connection to the state file. Each call is one snapshot. */
export function peopleOver(database: DatabaseSync, hash: KeyedHash): PeopleOfFile {
  const statements = peopleStatements(database);
  const around = evidenceReader(database, hash);
  const parts = fragmentParts(database);
  const { tenancies } = tenancyReads(tenancyStatements(database));
  const ofOneMoment = <T>(read: () => T): T => snapshot(database, read);
  const personOf = (id: ProfileId): number | null => {
    const row = statements.identifierById.get(id);
    return row === undefined || int(row, "person") === 0 ? null : int(row, "person");
  };
  return {
    byProfileId: async (id) =>
      ofOneMoment(() => {
        const person = personOf(id);
        return person === null ? null : readPerson(statements, person);
      }),
    byPerson: (person) => ofOneMoment(() => readPerson(statements, person)),
    byPersons: (persons) =>
      ofOneMoment(() => {
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
      ofOneMoment(() => {
        const person = personOf(id);
        if (person === null) return null;
        return parts.of(person);
      }),
    profileIdOfFragment: async (id, at) =>
      ofOneMoment(() => {
        const row = statements.livingOfFragment.get(parts.at(id, at));
        return row === undefined ? null : text(row, "profile_id");
      }),
    ordersOf: async (fragments) =>
      fragments.flatMap((ownerFragment) =>
        (statements.orders.all(ownerFragment) as Row[]).map((order) => ({
          state: json(order, "state") as OrderState,
          ownerFragment,
        })),
      ),
    tenancies,
    evidenceAround: async (keys) => ofOneMoment(() => around(keys)),
  };
}

type Statements = ReturnType<typeof peopleStatements>;

export function peopleStatements(database: DatabaseSync) {
  return {
    identifierById: database.prepare("SELECT * FROM identifiers WHERE id = ?"),
    identifiers: database.prepare("SELECT * FROM identifiers WHERE person = ?"),
    person: database.prepare("SELECT * FROM persons WHERE person = ?"),
    fragments:
      database.prepare(`SELECT f.id, f.person, f.identifiers, f.spans, f.logouts, f.tenant, d.traits, d.consents
      FROM fragments f LEFT JOIN details d USING (id) WHERE f.person = ? AND f.person <> 0`),
    livingOfFragment: database.prepare(
      "SELECT p.profile_id FROM fragments f JOIN persons p USING (person) WHERE f.id = ?",
    ),
    orders: database.prepare("SELECT state FROM orders WHERE owner_fragment = ?"),
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

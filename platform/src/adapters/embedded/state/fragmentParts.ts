import type { DatabaseSync } from "node:sqlite";
import type { FragmentId } from "../../../model/fragment.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import type { Tenancy } from "../../../model/tenancy.ts";
import type { PersonNumber } from "../../../storage/identityAndProfiles.ts";
import type { FragmentPart } from "../../../storage/timeline.ts";
import { splitKeys, text, type Row } from "./rows.ts";
import { snapshot } from "./schema.ts";
import { tenanciesOf, tenancyStatements } from "./tenancies.ts";

type Span = FragmentPart["spans"][number];

/** Of people's fragments, which events of which combinations they are. */
export interface FragmentParts {
  /** Inside the caller's snapshot. */
  of(person: PersonNumber): (FragmentId | FragmentPart)[];
  /**
   * Only those of which others hold events too, with whoever had the device: the fragments of shared devices. Of one
   * moment, so that no time is two people's.
   */
  handedTo(persons: readonly PersonNumber[]): Map<PersonNumber, FragmentPart[]>;
  /** The fragment that an event of a combination is in, by its event time. */
  at(base: FragmentId, at: number): FragmentId;
}

export function fragmentParts(database: DatabaseSync): FragmentParts {
  const statements = partStatements(database);
  return {
    handedTo: (persons) => {
      if (persons.length === 0) return new Map();
      return snapshot(database, () => {
        const spansOf = spansReader(statements);
        return new Map(persons.map((person) => [person, partsOf(statements.handed.all(person) as Row[], spansOf)]));
      });
    },
    of: (person) => {
      const spansOf = spansReader(statements);
      const shared = new Set((statements.shared.all(person) as Row[]).map((row) => text(row, "key")));
      const [own, handed]: [Row[], Row[]] = [[], []];
      for (const row of statements.fragments.all(person) as Row[]) {
        (text(row, "tenant") === "" ? own : handed).push(row);
      }
      const ownParts = own.map((row) => {
        const device = splitKeys(text(row, "identifiers")).find((key) => shared.has(key));
        const spans = device === undefined ? null : spansOf(device, null);
        const fragment = text(row, "id");
        return spans === null ? fragment : { fragment, spans };
      });
      return [...ownParts, ...partsOf(handed, spansOf)];
    },
    at: (base, at) => {
      const row = statements.heldAt.get(base, at);
      return row === undefined ? base : text(row, "id");
    },
  };
}

/** A device's spans of one tenant; null where it is its own person's throughout. */
type SpansOf = (device: IdentifierKey, tenant: IdentifierKey | null) => Span[] | null;

/** Each device's are read once. */
function spansReader(statements: ReturnType<typeof partStatements>): SpansOf {
  const known = new Map<IdentifierKey, Tenancy[]>();
  return (device, tenant) => {
    const tenancies = known.get(device) ?? tenanciesOf(statements, device);
    known.set(device, tenancies);
    if (tenancies.length === 0) return null;
    return tenancies.flatMap((each, index) =>
      each.tenant === tenant ? [{ from: each.from, until: tenancies[index + 1]?.from ?? null }] : [],
    );
  };
}

/** One for each combination: a person may have signed in by several logins. */
function partsOf(handed: readonly Row[], spansOf: SpansOf): FragmentPart[] {
  const parts = new Map<FragmentId, Span[]>();
  for (const row of handed) {
    const [base, spans] = [text(row, "base"), spansOf(text(row, "device"), text(row, "tenant")) ?? []];
    const known = parts.get(base);
    if (known === undefined) parts.set(base, spans);
    else known.push(...spans);
  }
  return [...parts].map(([fragment, spans]) => ({ fragment, spans: spans.toSorted(byTime) }));
}

export function partStatements(database: DatabaseSync) {
  return {
    ...tenancyStatements(database),
    fragments: database.prepare(
      "SELECT id, identifiers, tenant, base, device FROM fragments WHERE person = ? AND person <> 0",
    ),
    handed: database.prepare(`SELECT id, identifiers, tenant, base, device FROM fragments
      WHERE person = ? AND person <> 0 AND tenant <> ''`),
    shared: database.prepare("SELECT key FROM identifiers WHERE person = ? AND decision = 'shared'"),
    heldAt: database.prepare(`SELECT id FROM fragments WHERE base = ?1 AND tenant <> '' AND tenant =
      (SELECT tenant FROM tenancies WHERE device =
        (SELECT device FROM fragments WHERE base = ?1 AND tenant <> '' LIMIT 1)
      AND from_at <= ?2 ORDER BY from_at DESC LIMIT 1)`),
  };
}

function byTime(one: Span, other: Span): number {
  return (one.from ?? Number.NEGATIVE_INFINITY) - (other.from ?? Number.NEGATIVE_INFINITY);
}

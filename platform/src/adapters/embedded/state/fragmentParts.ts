import type { DatabaseSync } from "node:sqlite";
import type { FragmentId } from "../../../model/fragment.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import type { Tenancy } from "../../../model/tenancy.ts";
import type { FragmentPart } from "../../../storage/timeline.ts";
import { splitKeys, text, type Row } from "./rows.ts";
import { tenanciesOf, tenancyStatements } from "./tenancies.ts";

type Span = FragmentPart["spans"][number];

/** Of a person's fragments, which events of which combinations they are. */
export interface FragmentParts {
  of(person: number): (FragmentId | FragmentPart)[];
  /** Only those of which others hold events too, with whoever had the device: the fragments of shared devices. */
  handedTo(person: number): FragmentPart[];
  /** The fragment that an event of a combination is in, by its event time. */
  at(base: FragmentId, at: number): FragmentId;
}

export function fragmentParts(database: DatabaseSync): FragmentParts {
  const statements = partStatements(database);
  const partsOf = (rows: readonly Row[]): FragmentPart[] => {
    const parts = new Map<FragmentId, Span[]>();
    for (const row of rows) {
      const spans = spansOf(tenanciesOf(statements, text(row, "device")), text(row, "tenant"));
      parts.set(text(row, "base"), [...(parts.get(text(row, "base")) ?? []), ...spans]);
    }
    return [...parts].map(([fragment, spans]) => ({ fragment, spans: spans.toSorted(byTime) }));
  };
  return {
    handedTo: (person) => partsOf(statements.handed.all(person)),
    of: (person) => {
      const shared = new Set((statements.shared.all(person) as Row[]).map((row) => text(row, "key")));
      const [own, handed]: [Row[], Row[]] = [[], []];
      for (const row of statements.fragments.all(person) as Row[])
        (text(row, "tenant") === "" ? own : handed).push(row);
      const ownParts = own.map((row) => {
        const device = splitKeys(text(row, "identifiers")).find((key) => shared.has(key));
        const tenancies = device === undefined ? [] : tenanciesOf(statements, device);
        const fragment = text(row, "id");
        return tenancies.length === 0 ? fragment : { fragment, spans: spansOf(tenancies, null) };
      });
      return [...ownParts, ...partsOf(handed)];
    },
    at: (base, at) => {
      const row = statements.heldAt.get(base, at);
      return row === undefined ? base : text(row, "id");
    },
  };
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

function spansOf(tenancies: readonly Tenancy[], tenant: IdentifierKey | null): Span[] {
  return tenancies.flatMap((each, index) =>
    each.tenant === tenant ? [{ from: each.from, until: tenancies[index + 1]?.from ?? null }] : [],
  );
}

function byTime(one: Span, other: Span): number {
  return (one.from ?? Number.NEGATIVE_INFINITY) - (other.from ?? Number.NEGATIVE_INFINITY);
}

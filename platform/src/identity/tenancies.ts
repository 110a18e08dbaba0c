import type { IdentifierKey } from "../model/identifier.ts";
import { compareText } from "./rules.ts";

/** Evidence of who has a device: an event that carried it with a login, or one that says that whoever had it left. */
export interface Boundary {
  /** Event time, UTC ms. */
  readonly at: number;
  /** A value of a unique type; null for a logout. */
  readonly login: IdentifierKey | null;
}

/** A span of event time in which a device is one person's, or nobody's. */
export interface Tenancy {
  /** UTC ms, inclusive; null: since ever. */
  readonly from: number | null;
  /** The login whose person has it; null: the device's own person. */
  readonly tenant: IdentifierKey | null;
}

/**
 * Who has a device when. A function of the set of boundaries: neither their order nor repetition changes anything.
 *
 * A device is whoever's signed in last, until a logout; before the first login it is the first one's. Of boundaries at
 * one time a login counts, of several logins the greatest by key. Spans are in order, and neighbours have different
 * tenants, so that signing in again cuts nothing.
 */
export function tenanciesOf(boundaries: readonly Boundary[]): Tenancy[] {
  const sorted = boundaries.toSorted((x, y) => x.at - y.at || compareText(x.login ?? "", y.login ?? ""));
  const tenancies: Tenancy[] = [{ from: null, tenant: sorted[0] === undefined ? null : firstTenant(sorted) }];
  for (const [index, { at, login }] of sorted.entries()) {
    if (sorted[index + 1]?.at === at || tenancies.at(-1)?.tenant === login) continue;
    tenancies.push({ from: at, tenant: login });
  }
  return tenancies;
}

/** At the first time of all: a logout that nobody signed in before leaves the device to itself. */
function firstTenant(sorted: readonly Boundary[]): IdentifierKey | null {
  const at = sorted[0]?.at;
  return sorted.findLast((boundary) => boundary.at === at)?.login ?? null;
}

/** The span that holds the time. */
export function tenancyAt(tenancies: readonly Tenancy[], at: number): Tenancy {
  let [low, high] = [0, tenancies.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tenancies[middle]?.from ?? Number.NEGATIVE_INFINITY) <= at) low = middle;
    else high = middle - 1;
  }
  return tenancies[low] ?? { from: null, tenant: null };
}

/** Event time that changes hands when boundaries are added: what a late one makes ingestion fold again. */
export interface Cut {
  /** Null: since ever. */
  readonly from: number | null;
  /** Exclusive; null: for ever. */
  readonly until: number | null;
}

/** Where the two differ in whose the device is. In order, and apart. */
export function cutsBetween(before: readonly Tenancy[], after: readonly Tenancy[]): Cut[] {
  const starts = [...new Set([...before, ...after].map(({ from }) => from ?? Number.NEGATIVE_INFINITY))].sort(
    (x, y) => x - y,
  );
  const cuts: Cut[] = [];
  for (const [index, start] of starts.entries()) {
    if (tenancyAt(before, start).tenant === tenancyAt(after, start).tenant) continue;
    const [from, until] = [finite(start), finite(starts[index + 1])];
    const last = cuts.at(-1);
    if (last !== undefined && last.until === from) cuts[cuts.length - 1] = { from: last.from, until };
    else cuts.push({ from, until });
  }
  return cuts;
}

function finite(at: number | undefined): number | null {
  return at === undefined || at === Number.NEGATIVE_INFINITY ? null : at;
}

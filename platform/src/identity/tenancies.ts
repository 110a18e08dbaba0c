import type { Sighting } from "../model/fragment.ts";
import { parseIdentifierKey, type IdentifierKey } from "../model/identifier.ts";
import { logoutNames } from "../model/logout.ts";
import type { Tenancy } from "../model/tenancy.ts";
import { isBlocked } from "./blocked.ts";
import { compareText, rulesOfType, typeOfKey, type IdentityRules } from "./rules.ts";

/** Evidence of who has a device: an event that carried it with a login, or one that says that whoever had it left. */
export interface Boundary {
  /** Event time, UTC ms. */
  readonly at: number;
  /** A value of a unique type; null for a logout. */
  readonly login: IdentifierKey | null;
}

/**
 * Who has a device when. A function of the set of boundaries: neither their order nor repetition changes anything.
 *
 * A device is whoever's signed in last, until a logout; before the first login it is the first one's. Of boundaries at
 * one time a login counts, of several logins the greatest by key. Spans are in order, and neighbours have different
 * tenants, so that signing in again cuts nothing.
 */
export function tenanciesOf(boundaries: readonly Boundary[]): Tenancy[] {
  const sorted = inOrder(boundaries);
  return extended([{ from: null, tenant: sorted[0] === undefined ? null : firstTenant(sorted) }], sorted);
}

/** The same with more boundaries, each later than all that `tenancies` was told from, which were some. */
export function tenanciesWithLater(tenancies: readonly Tenancy[], later: readonly Boundary[]): Tenancy[] {
  return extended(tenancies, inOrder(later));
}

function inOrder(boundaries: readonly Boundary[]): Boundary[] {
  return boundaries.toSorted((x, y) => x.at - y.at || compareText(x.login ?? "", y.login ?? ""));
}

function extended(before: readonly Tenancy[], sorted: readonly Boundary[]): Tenancy[] {
  const tenancies = [...before];
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

/** A combination of identifiers with its events, as far as they say who had a device. */
export interface SeenCombination {
  readonly identifiers: readonly IdentifierKey[];
  readonly sightings: readonly Sighting[];
}

/**
 * Most combinations and events that a device may have been seen with before it is a public one, which nobody has: a
 * shop's terminal. So that what one event may make ingestion fold again is bounded. Both only grow. Another figure means
 * another state: a format of its own.
 */
export const maxTenancyCombinations = 100;
export const maxTenancyEvents = 20_000;

/** Most spans of a device before it is nobody's for as long as it has more: each event's owner is looked for in them. */
export const maxTenancies = 1_000;

/** The boundaries of a device that all of these hold. Nobody signs in by a placeholder. */
export function boundariesOf(combinations: Iterable<SeenCombination>, rules: IdentityRules): Boundary[] {
  const mask = logoutMask(rules);
  const boundaries: Boundary[] = [];
  for (const { identifiers, sightings } of combinations) {
    const logins = identifiers.filter((key) => isLogin(key, rules));
    for (const { at, logout } of sightings) {
      if (logout !== 0 && (mask & (1 << (logout - 1))) !== 0) boundaries.push({ at, login: null });
      else for (const login of logins) boundaries.push({ at, login });
    }
  }
  return boundaries;
}

function isLogin(key: IdentifierKey, rules: IdentityRules): boolean {
  return rulesOfType(typeOfKey(key), rules).kind === "unique" && !isBlocked(parseIdentifierKey(key), rules);
}

/** Of a fragment's `logouts`, those that these rules take for one. */
export function logoutMask({ tenancies }: IdentityRules): number {
  return tenancies.logoutEvents.reduce((mask, name) => mask | (1 << logoutNames.indexOf(name)), 0);
}

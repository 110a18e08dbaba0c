import type { FragmentId } from "../../../model/fragment.ts";
import type { KeyedHash } from "../../../model/keyedHash.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import type { PersonNumber } from "../../../storage/identityAndProfiles.ts";
import type { FragmentPart } from "../../../storage/timeline.ts";
import { isPresent, type PresentFragment } from "./encoding.ts";
import { listed } from "./listing.ts";
import { presentOf } from "./presentRows.ts";
import { type RowTexts, valueAt, valuesAt } from "./rowReads.ts";
import { listsOf } from "./stateReads.ts";
import { fragmentPlace, identifierPlace } from "./stateRows.ts";
import { readTenancies } from "./tenancyReads.ts";

type Span = FragmentPart["spans"][number];

/** Which events of which combinations a person has: whole fragments, or on shared devices some spans of them. */
export async function partsOf(
  rows: RowTexts,
  hash: KeyedHash,
  person: PersonNumber,
): Promise<(FragmentId | FragmentPart)[]> {
  const [ids = []] = await listsOf(rows, [person], "fragments");
  const fragments = await presentOf(rows, ids, fragmentPlace, (id, row) => (isPresent(row) ? { id, row } : null));
  const [named = []] = await listsOf(rows, [person], "identifiers");
  const shared = new Set(
    (await valuesAt(rows, named.map(identifierPlace))).flatMap((row) =>
      row?.decision === "shared" && row.key !== undefined ? [row.key] : [],
    ),
  );
  const spansOf = await spansReader(rows, hash, [
    ...shared,
    ...fragments.flatMap(({ row }) => (row.device === undefined ? [] : [row.device])),
  ]);
  const own = fragments.filter(({ row }) => row.tenant === undefined);
  const ownParts = own.map(({ id, row }) => {
    const device = row.identifiers.find((key) => shared.has(key));
    const spans = device === undefined ? null : spansOf(device, null);
    return spans === null ? id : { fragment: id, spans };
  });
  return [...ownParts, ...handedParts(fragments, spansOf)];
}

/** One for each combination: a person may have signed in by several logins. */
function handedParts(
  fragments: readonly { id: FragmentId; row: PresentFragment }[],
  spansOf: (device: IdentifierKey, tenant: IdentifierKey | null) => Span[] | null,
): FragmentPart[] {
  const parts = new Map<FragmentId, Span[]>();
  for (const { id, row } of fragments) {
    if (row.tenant === undefined) continue;
    const base = row.base ?? id;
    parts.set(base, [...(parts.get(base) ?? []), ...(spansOf(row.device ?? "", row.tenant) ?? [])]);
  }
  return [...parts].map(([fragment, spans]) => ({ fragment, spans: spans.toSorted(byTime) }));
}

/** A device's spans of one tenant; null where it is its own person's throughout. */
async function spansReader(rows: RowTexts, hash: KeyedHash, devices: readonly IdentifierKey[]) {
  const known = await readTenancies(rows, hash, [...new Set(devices)]);
  return (device: IdentifierKey, tenant: IdentifierKey | null): Span[] | null => {
    const tenancies = known.get(device) ?? [];
    if (tenancies.length === 0) return null;
    return tenancies.flatMap((each, index) =>
      each.tenant === tenant ? [{ from: each.from, until: tenancies[index + 1]?.from ?? null }] : [],
    );
  };
}

/** The fragment that an event of a combination is in, by its event time. */
export async function fragmentAt(rows: RowTexts, hash: KeyedHash, base: FragmentId, at: number): Promise<FragmentId> {
  const place = fragmentPlace(base);
  const ids = await listed(rows, place, await valueAt(rows, place), "tenants");
  const tenants = await presentOf(rows, ids, fragmentPlace, (id, row) => (isPresent(row) ? { id, row } : null));
  const device = tenants.find(({ row }) => row.device !== undefined)?.row.device;
  if (device === undefined) return base;
  const tenancies = (await readTenancies(rows, hash, [device])).get(device) ?? [];
  const holding = tenancies.findLast(({ from }) => from === null || from <= at);
  return tenants.find(({ row }) => row.tenant === holding?.tenant)?.id ?? base;
}

function byTime(one: Span, other: Span): number {
  return (one.from ?? Number.NEGATIVE_INFINITY) - (other.from ?? Number.NEGATIVE_INFINITY);
}

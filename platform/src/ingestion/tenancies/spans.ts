import type { IdentifierKey } from "../../model/identifier.ts";
import type { Tenancy } from "../../model/tenancy.ts";
import type { TenancyChange } from "../../storage/identityAndProfiles.ts";
import { isNobodys } from "./whose.ts";

/** Of a device's spans, what is to be stored otherwise. */
export function spansChanged(
  before: readonly Tenancy[],
  after: readonly Tenancy[],
): Pick<TenancyChange["held"][number], "gone" | "come"> {
  const [stored, wanted] = [storedOf(before), storedOf(after)];
  return {
    gone: [...stored].filter(([from, tenant]) => wanted.get(from) !== tenant).map(([from]) => from),
    come: [...wanted]
      .filter(([from, tenant]) => stored.get(from) !== tenant)
      .map(([from, tenant]) => ({ from, tenant })),
  };
}

/** A device that is its own throughout has none. */
function storedOf(tenancies: readonly Tenancy[]): Map<Tenancy["from"], Tenancy["tenant"]> {
  return new Map(isNobodys(tenancies) ? [] : tenancies.map(({ from, tenant }) => [from, tenant]));
}

/** Those who had, or have, a device at other times than they have, or had. */
export function tenantsChanged(before: readonly Tenancy[], after: readonly Tenancy[]): IdentifierKey[] {
  const [were, are] = [spansByTenant(before), spansByTenant(after)];
  return [...new Set([...were.keys(), ...are.keys()])].filter((tenant) => were.get(tenant) !== are.get(tenant));
}

function spansByTenant(tenancies: readonly Tenancy[]): Map<IdentifierKey, string> {
  const spans = new Map<IdentifierKey, string>();
  for (const [index, { from, tenant }] of tenancies.entries()) {
    if (tenant === null) continue;
    spans.set(tenant, `${spans.get(tenant) ?? ""} ${from}-${tenancies[index + 1]?.from}`);
  }
  return spans;
}

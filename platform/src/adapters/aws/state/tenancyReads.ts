import { profileIdOf, type KeyedHash } from "../../../model/keyedHash.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import type { Tenancy } from "../../../model/tenancy.ts";
import type { DeviceFragment, TenancyReads } from "../../../storage/identityAndProfiles.ts";
import { decodeSighting, deviceFragmentOf, isPresent } from "./encoding.ts";
import { countIn, listed } from "./listing.ts";
import { presentOf } from "./presentRows.ts";
import { byBytes, type RowTexts, valueAt, valuesAt, valuesIn } from "./rowReads.ts";
import { fragmentPlace, identifierPlace, sharedPlace, sightingsPlace, tenancyPlace } from "./stateRows.ts";

export function tenancyReads(rows: () => RowTexts, hash: KeyedHash): TenancyReads {
  const placeOf = (device: IdentifierKey) => identifierPlace(profileIdOf(hash, device));
  return {
    crowdedDevices: async (devices, most) =>
      new Set(
        await presentOf(rows(), devices, placeOf, (device, row) => (countIn(row, "bases") > most ? device : null)),
      ),
    fragmentsOfDevices: async (devices) => {
      const found = await valuesAt(rows(), devices.map(placeOf));
      const bases = await Promise.all(
        found.map((row, index) => listed(rows(), placeOf(devices[index] as string), row, "bases")),
      );
      return fragmentsOfCombinations(rows(), bases.flat());
    },
    fragmentsOfCombinations: (bases) => fragmentsOfCombinations(rows(), bases),
    personsOfTenants: async (device, tenants) => {
      const place = placeOf(device);
      const row = await valueAt(rows(), place);
      if (countIn(row, "handed") === 0) return [];
      const names = await Promise.all(
        tenants.map((tenant) => listed(rows(), place, row, "handed", { prefix: `${profileIdOf(hash, tenant)}.` })),
      );
      const ids = names.flat().map((name) => name.slice(name.indexOf(".") + 1));
      return presentOf(rows(), ids, fragmentPlace, (_, fragment) => fragment.person ?? null);
    },
    deviceTallies: async (devices) =>
      new Map(
        await presentOf(rows(), devices, placeOf, (device, { tally }) =>
          tally === undefined ? null : ([device, tally] as const),
        ),
      ),
    sightings: async (fragments) => {
      const found = await valuesAt(rows(), fragments.map(fragmentPlace));
      const each = fragments.map(async (id, index) => {
        const { chunks = 0, seen = [] } = found[index] ?? {};
        const before = await valuesAt(
          rows(),
          Array.from({ length: chunks }, (_, chunk) => sightingsPlace(id, chunk)),
        );
        return [id, [...before.flatMap((chunk) => chunk ?? []), ...seen].map(decodeSighting)] as const;
      });
      return new Map(await Promise.all(each));
    },
    tenancies: (devices) => readTenancies(rows(), hash, devices),
    sharedDevices: async (after, limit) => {
      const within = after === "" ? {} : { from: after };
      const found = await rows().range(sharedPlace("").pk, { ...within, limit: limit + 1 });
      return found.flatMap(({ sk }) => (byBytes(sk, after) > 0 ? [sk] : [])).slice(0, limit);
    },
  };
}

export async function readTenancies(
  rows: RowTexts,
  hash: KeyedHash,
  devices: readonly IdentifierKey[],
): Promise<Map<IdentifierKey, Tenancy[]>> {
  const placeOf = (device: IdentifierKey) => identifierPlace(profileIdOf(hash, device));
  const held = await presentOf(rows, devices, placeOf, (device, { tenancies = 0 }) => (tenancies > 0 ? device : null));
  const each = held.map(async (device) => {
    const spans = await valuesIn(rows, tenancyPlace(profileIdOf(hash, device), 0));
    return [device, spans.map(({ value }) => value)] as const;
  });
  return new Map(await Promise.all(each));
}

/** Those that nobody's login takes, and those of tenants; each once. */
async function fragmentsOfCombinations(rows: RowTexts, bases: readonly string[]): Promise<DeviceFragment[]> {
  const asked = [...new Set(bases)];
  const found = await valuesAt(rows, asked.map(fragmentPlace));
  const tenants = await Promise.all(
    found.map((row, index) => listed(rows, fragmentPlace(asked[index] as string), row, "tenants")),
  );
  const own = asked.flatMap((id, index) => {
    const row = found[index] ?? null;
    return isPresent(row) ? [deviceFragmentOf(id, row)] : [];
  });
  const handed = await presentOf(rows, tenants.flat(), fragmentPlace, (id, row) =>
    isPresent(row) ? deviceFragmentOf(id, row) : null,
  );
  return [...own, ...handed];
}

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FragmentId, Sighting } from "../../../model/fragment.ts";
import type { IdentifierKey } from "../../../model/identifier.ts";
import type { Tenancy } from "../../../model/tenancy.ts";
import type { DeviceFragment, DeviceTally, TenancyReads } from "../../../storage/identityAndProfiles.ts";
import { evidenceRow, int, rowsFor, text, type Row } from "./rows.ts";
import { deviceNumber } from "./deviceNumber.ts";
import { decodeSightings, timeOf } from "./sightingRows.ts";

export function tenancyStatements(database: DatabaseSync) {
  return {
    combinationsOfDevice: database.prepare(
      "SELECT count(*) AS combinations FROM (SELECT 1 FROM holdings WHERE device = ? LIMIT ?)",
    ),
    fragmentsOfDevice:
      database.prepare(`SELECT f.* FROM holdings h JOIN fragments f ON f.id = h.base WHERE h.device = ?1
      UNION ALL SELECT f.* FROM holdings h JOIN fragments f ON f.base = h.base AND f.tenant <> '' WHERE h.device = ?1`),
    sightingsOf: database.prepare(`SELECT s.seen FROM fragments f JOIN sightings s ON s.fragment = f.number
      WHERE f.id = ?1 UNION ALL SELECT seen FROM fragments WHERE id = ?1`),
    fragmentsOfCombination: database.prepare(`SELECT * FROM fragments WHERE id = ?1
      UNION ALL SELECT * FROM fragments WHERE base = ?1 AND tenant <> ''`),
    personsOfTenant: database.prepare("SELECT person FROM fragments WHERE device = ? AND tenant = ? AND tenant <> ''"),
    tallyOf: database.prepare("SELECT * FROM device_tallies WHERE device = ?"),
    tenanciesOf: database.prepare("SELECT from_at, tenant FROM tenancies WHERE device = ? ORDER BY from_at"),
    sharedDevices: database.prepare(`SELECT key FROM identifiers WHERE decision = 'shared' AND key > ?
      UNION SELECT device FROM fragments WHERE tenant <> '' AND device > ?
      UNION SELECT device FROM tenancies WHERE device > ?
      UNION SELECT device FROM device_tallies WHERE device > ? ORDER BY 1 LIMIT ?`),
  };
}

export function tenancyReads(statements: ReturnType<typeof tenancyStatements>): TenancyReads {
  return {
    crowdedDevices: async (devices, most) => {
      const count = (key: IdentifierKey): number =>
        int(statements.combinationsOfDevice.get(deviceNumber(key), most + 1) as Row, "combinations");
      return new Set(devices.filter((key) => count(key) > most));
    },
    fragmentsOfDevices: async (devices) => {
      const found = new Map<FragmentId, DeviceFragment>();
      const asked = new Set(devices);
      for (const row of rowsFor(statements.fragmentsOfDevice, devices.map(deviceNumber))) {
        const fragment = deviceFragment(row);
        if (fragment.identifiers.some((key) => asked.has(key))) found.set(fragment.id, fragment);
      }
      return [...found.values()];
    },
    fragmentsOfCombinations: async (bases) => rowsFor(statements.fragmentsOfCombination, bases).map(deviceFragment),
    personsOfTenants: async (device, tenants) =>
      tenants.flatMap((tenant) =>
        (statements.personsOfTenant.all(device, tenant) as Row[]).map((row) => int(row, "person")),
      ),
    deviceTallies: async (devices) => {
      const found = new Map<IdentifierKey, DeviceTally>();
      for (const row of rowsFor(statements.tallyOf, devices)) {
        const [combinations, events, lastAt] = [int(row, "combinations"), int(row, "events"), int(row, "last_at")];
        found.set(text(row, "device"), { combinations, events, lastAt });
      }
      return found;
    },
    sightings: async (fragments) => {
      const found = new Map<FragmentId, Sighting[]>();
      for (const id of fragments) {
        const rows = rowsFor(statements.sightingsOf, [id]);
        found.set(
          id,
          rows.flatMap((row) => decodeSightings(text(row, "seen"))),
        );
      }
      return found;
    },
    tenancies: async (devices) => {
      const found = new Map<IdentifierKey, Tenancy[]>();
      for (const device of devices) {
        const tenancies = tenanciesOf(statements, device);
        if (tenancies.length > 0) found.set(device, tenancies);
      }
      return found;
    },
    sharedDevices: async (after, limit) =>
      (statements.sharedDevices.all(after, after, after, after, limit) as Row[]).map((row) => text(row, "key")),
  };
}

function deviceFragment(row: Row): DeviceFragment {
  const fragment = evidenceRow(row);
  return { ...fragment, base: text(row, "base") || fragment.id, device: text(row, "device") || null };
}

export function tenanciesOf({ tenanciesOf: statement }: { tenanciesOf: StatementSync }, device: string): Tenancy[] {
  return (statement.all(device) as Row[]).map((row) => ({ from: timeOf(row), tenant: text(row, "tenant") || null }));
}

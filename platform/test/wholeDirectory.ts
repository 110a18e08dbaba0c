import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAnalytics } from "../src/adapters/embedded/analytics/core.ts";
import { openDecided } from "../src/adapters/embedded/decided.ts";
import { nodeDisk } from "../src/adapters/embedded/eventLog/disk.ts";
import { openEventLogReader } from "../src/adapters/embedded/eventLog/reader.ts";
import { openEventLog } from "../src/adapters/embedded/eventLog/writer.ts";
import { fragmentKey } from "../src/model/fragment.ts";
import { fragmentIdOf, keyedHash, messageKeyOf } from "../src/model/keyedHash.ts";
import { encodeRecord } from "../src/model/logRecord.ts";
import { dataPaths } from "../src/runtime/dataDirectory.ts";
import { openPlatform } from "../src/runtime/embedded.ts";
import { readSettings, type Settings } from "../src/runtime/settings.ts";

export const wholeKey = Buffer.alloc(32, 7);
const hash = keyedHash(wholeKey);
const segmentBytes = 24_000;
const start = Date.UTC(2026, 0, 1);

/** A data directory of a stopped platform with every kind of file in it, and more than one of most. */
export interface WholeDirectory {
  readonly dataDir: string;
  readonly settings: Settings;
  /** The same content in another folder. */
  copy(): WholeDirectory;
  remove(): void;
}

/** `records`: of customers who log in and buy; every 17th is a repetition, every 23rd was refused. */
export async function wholeDirectory(records = 600): Promise<WholeDirectory> {
  const folder = mkdtempSync(join(tmpdir(), "c360-directory-"));
  const made = at(join(folder, "data"), folder);
  const paths = dataPaths(made.dataDir);
  mkdirSync(made.dataDir, { mode: 0o700 });
  writeFileSync(paths.hashKey, wholeKey, { mode: 0o600 });
  const disk = { ...nodeDisk, sync: async () => undefined };
  const log = await openEventLog({ directory: paths.log, segmentBytes, now: () => start, disk });
  for (let n = 0; n < records; n++) await log.append([recordOf(n, 0)]);
  await log.close();
  await (await openPlatform(made.settings)).close();
  // Made again, from the index, they lie in files.
  rmSync(join(paths.messages, "filters"), { recursive: true });
  const platform = await openPlatform(made.settings);
  await platform.access.createSource({ id: "web", kind: "web" });
  await platform.access.createToken("reports");
  await platform.drained();
  await platform.close();
  const { homeCurrency } = made.settings;
  const analytics = await openAnalytics({
    directory: paths.analytics,
    log: openEventLogReader(paths.log),
    decided: openDecided({ file: paths.state, hash, homeCurrency }),
    now: Date.now,
    homeCurrency,
  });
  await analytics.caughtUp();
  await analytics.moveToLake();
  await analytics.close();
  return made;
}

/** Goes on with the log of such a directory, from record `from` on; each has `fillerBytes` more to carry. */
export async function appendRecords(dataDir: string, from: number, count: number, fillerBytes: number): Promise<void> {
  const log = await openEventLog({ directory: dataPaths(dataDir).log });
  await log.append(Array.from({ length: count }, (_, nth) => recordOf(from + nth, fillerBytes)));
  await log.close();
}

function at(dataDir: string, folder: string): WholeDirectory {
  return {
    dataDir,
    // Its segments say that they are old.
    settings: readSettings({ C360_DATA_DIR: dataDir, C360_ARCHIVE_AFTER_DAYS: "off" }),
    copy: () => {
      const other = mkdtempSync(join(tmpdir(), "c360-directory-"));
      cpSync(dataDir, join(other, "data"), { recursive: true, preserveTimestamps: true });
      chmodSync(join(other, "data"), 0o700);
      return at(join(other, "data"), other);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function recordOf(n: number, fillerBytes: number): { fragment: string; message: string; payload: Uint8Array } {
  const source = "web";
  const messageId = n % 17 === 16 ? `m-${n - 16}` : `m-${n}`;
  const customer = Math.floor(n / 6);
  const identifiers = [`user_id:u${customer}`, ...(n % 6 === 1 ? [`email:u${customer}@example.com`] : [])].sort();
  const at = { source, sourceKind: "web", messageId, receivedAt: start + n * 60_000 } as const;
  const message = messageKeyOf(hash, source, messageId);
  const fragment = fragmentIdOf(hash, fragmentKey(identifiers, source));
  if (n % 23 === 22) {
    const reason = { code: "event_missing", message: "a track call needs the name of its event" };
    return { fragment, message, payload: encodeRecord({ ...at, status: "rejected", reason, body: "{}" }) };
  }
  const isOrder = n % 6 === 3;
  const filler = fillerBytes === 0 ? {} : { filler: "f".repeat(fillerBytes) };
  const properties = isOrder ? { order_id: `o-${n}`, total: n % 90, currency: "GBP" } : { sku: `s-${n % 40}` };
  const payload = encodeRecord({
    ...at,
    status: "accepted",
    type: n % 6 === 1 ? "identify" : "track",
    event: n % 6 === 1 ? null : isOrder ? "Order Completed" : "Product Viewed",
    occurredAt: start + (n % 7) * 5 * 86_400_000,
    originalTimestamp: null,
    flags: [],
    identifiers,
    aliasOf: [],
    body:
      n % 6 === 1 ? { userId: `u${customer}`, traits: { firstName: `Name ${customer}` } } : { properties, ...filler },
  });
  return { fragment, message, payload };
}

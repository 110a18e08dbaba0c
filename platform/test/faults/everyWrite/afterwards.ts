import { realpathSync } from "node:fs";
import { sep } from "node:path";
import { openEventLogReader } from "../../../src/adapters/embedded/eventLog/reader.ts";
import { logSummary } from "../../../src/adapters/embedded/eventLog/summary.ts";
import { peopleOver } from "../../../src/adapters/embedded/state/people.ts";
import { openStateReader } from "../../../src/adapters/embedded/state/schema.ts";
import { keyedHash } from "../../../src/model/keyedHash.ts";
import { decodeRecord } from "../../../src/model/logRecord.ts";
import type { Profile } from "../../../src/model/profile.ts";
import { composeProfile } from "../../../src/profiles/index.ts";
import { dataPaths, hashKeyOf } from "../../../src/runtime/dataDirectory.ts";
import { differencesAtRest, told } from "../account.ts";
import { openHandles } from "../openHandles.ts";
import { callsOf, expectedOf, type Expected } from "./requests.ts";
import { homeCurrency, openSmallPlatform } from "./smallPlatform.ts";

const readAtOnce = 1_000;
const maxReadBytes = 1 << 24;

/**
 * Starts without a fault, sends what was not acknowledged once more, as clients do, and looks: what differs from each of
 * `requests` having been taken once, in words. The directory is stopped before and after.
 */
export async function differencesAfter(
  dataDir: string,
  requests: number,
  acknowledged: readonly number[],
): Promise<string[]> {
  const platform = await openSmallPlatform(dataDir);
  try {
    await platform.decided();
    for (let request = 0; request < requests; request++) {
      if (!acknowledged.includes(request)) await platform.take(callsOf(request));
    }
    await platform.decided();
    await platform.tidied();
  } finally {
    await platform.close();
  }
  const expected = expectedOf(requests);
  return [
    ...handlesLeft(dataDir),
    ...(await differencesInLog(dataDir, expected)),
    ...(await differencesInState(dataDir, expected)),
    ...(await differencesAtRest(dataDir, expected.messageIds.length)),
  ];
}

function handlesLeft(dataDir: string): string[] {
  const folder = `${realpathSync(dataDir)}${sep}`;
  return told(
    "still open",
    openHandles(process.pid).filter((target) => target.startsWith(folder)),
  );
}

async function differencesInLog(dataDir: string, { messageIds, refusedIds }: Expected): Promise<string[]> {
  const { log } = dataPaths(dataDir);
  const { first, end } = await logSummary(log);
  const reader = openEventLogReader(log);
  const found = new Set<string>();
  try {
    for (let at = first; at < end;) {
      const { records, next } = await reader.read(at, end, readAtOnce, maxReadBytes);
      for (const { payload } of records) {
        const { status, messageId } = decodeRecord(payload);
        found.add(`${status} ${messageId}`);
      }
      at = next;
    }
  } finally {
    await reader.close();
  }
  const expected = [...messageIds.map((id) => `accepted ${id}`), ...refusedIds.map((id) => `rejected ${id}`)];
  const wanted = new Set(expected);
  return [
    ...told(
      "acknowledged and lost",
      expected.filter((one) => !found.has(one)),
    ),
    ...told(
      "there, and nobody sent it",
      [...found].filter((one) => !wanted.has(one)),
    ),
  ];
}

async function differencesInState(dataDir: string, expected: Expected): Promise<string[]> {
  const profiles = await profilesOf(dataDir);
  const sum = (of: (profile: Profile) => number): number => profiles.reduce((all, one) => all + of(one), 0);
  const sums: [what: string, is: number, shouldBe: number][] = [
    ["people", profiles.length, expected.people],
    ["events that profiles count", sum(({ computed }) => computed.eventCount), expected.messageIds.length],
    ["orders", sum(({ computed }) => computed.orderCount), expected.orders],
    ["customers' revenue", sum(({ computed }) => computed.revenue.amount), expected.netMinor],
  ];
  return sums.flatMap(([what, is, shouldBe]) => (is === shouldBe ? [] : [`${what}: ${is} in place of ${shouldBe}`]));
}

async function profilesOf(dataDir: string): Promise<Profile[]> {
  const paths = dataPaths(dataDir);
  const hash = keyedHash(await hashKeyOf(paths));
  const reader = openStateReader(paths.state);
  try {
    const people = peopleOver(reader, hash);
    return reader
      .prepare("SELECT person FROM persons ORDER BY profile_id")
      .all()
      .flatMap(({ person }) => people.byPerson(Number(person)) ?? [])
      .map((record) => composeProfile({ ...record, hash, homeCurrency }));
  } finally {
    reader.close();
  }
}

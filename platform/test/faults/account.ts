import { DatabaseSync } from "node:sqlite";
import { recordsFrom } from "../../src/adapters/embedded/eventLog/summary.ts";
import { dataPaths } from "../../src/runtime/dataDirectory.ts";
import { examineDirectory } from "../../src/runtime/doctor.ts";
import { readSettings } from "../../src/runtime/settings.ts";
import type { Reads } from "../whole/reads.ts";
import type { Sender } from "../whole/senders.ts";
import type { Served, Site } from "../whole/server.ts";
import { strayHandles } from "./openHandles.ts";

const pageRows = 10_000;
const fatesAtOnce = 16;
const mostFates = 400;
const mostTold = 5;
const freeSpace = /^its disk has \d+ MiB left;/;

/** What the clients know, held against a platform that runs and has nothing left to do. */
interface Account {
  /** What does not agree, in words; empty when all is well. */
  differences: string[];
  /** Events that were processed. */
  events: number;
}

/** Everything that the senders were told was taken: there once, as what it should be, and nothing beside it. */
export async function accountOf(
  reads: Reads,
  senders: readonly Sender[],
  alsoSent: readonly string[] = [],
): Promise<Account> {
  const differences: string[] = [];
  const differ = (what: string, is: unknown, shouldBe: unknown): void => {
    if (is !== shouldBe) differences.push(`${what}: ${String(is)}, and ${String(shouldBe)} were acknowledged`);
  };
  const acknowledged = [...senders.flatMap((sender) => sender.acknowledged), ...alsoSent];
  const stored = await storedIds(reads);
  const sent = new Set(acknowledged);
  differences.push(
    ...told(
      "acknowledged and lost",
      [...sent].filter((id) => !stored.ids.has(id)),
    ),
    ...told(
      "there, and nobody sent it",
      [...stored.ids].filter((id) => !sent.has(id)),
    ),
    ...told("there twice", stored.twice),
  );
  differ("money of orders", await reads.value("select sum(net_minor) from orders"), sumOf(senders, "netMinor"));
  differ(
    "customers' revenue",
    await reads.value("select sum(revenue_minor) from profiles"),
    sumOf(senders, "netMinor"),
  );
  differ("orders", await reads.value("select count(*) from orders"), sumOf(senders, "orders"));
  differ("events that profiles count", await reads.value("select sum(event_count) from profiles"), sent.size);
  differ("people", await reads.value("select count(*) from profiles"), sumOf(senders, "people") + alsoSent.length);
  const fates = [
    ...sampled(senders.flatMap((sender) => sender.doubted)).map((id) => ({ id, fate: "processed" })),
    ...sampled(acknowledged).map((id) => ({ id, fate: "processed" })),
    ...sampled(senders.flatMap((sender) => sender.refused)).map((id) => ({ id, fate: "rejected" })),
  ];
  differences.push(...(await wrongFates(reads, fates)));
  return { differences, events: stored.ids.size };
}

/**
 * Stops a platform that has come to rest and looks at what it leaves: the end of its process, handles, files, the sums of
 * fates, everything that `c360 doctor --deep` checks (which folds the log again and compares).
 */
export async function differencesAfterStop(site: Site, server: Served, events: number): Promise<string[]> {
  const differences = told("open without need", strayHandles(server.pid, site.dataDir));
  const { code, stderr } = await server.stop();
  if (code !== 0) differences.push(`stopping it ended with ${code}: ${stderr.slice(-500)}`);
  return [...differences, ...(await differencesAtRest(site.dataDir, events))];
}

/** The same of a data directory that nothing has open. */
export async function differencesAtRest(dataDir: string, events: number): Promise<string[]> {
  const settings = readSettings({ C360_DATA_DIR: dataDir });
  const { findings } = await examineDirectory(settings, { isDeep: true, progress: () => undefined });
  // How much room the disk has is the test's doing.
  const own = findings.filter(({ part, what }) => !(part === "files" && freeSpace.test(what)));
  const differences = told(
    "doctor",
    own.map(({ part, where, what }) => `${part} ${where}: ${what}`),
  );
  const paths = dataPaths(dataDir);
  const records = await recordsFrom(paths.log, 0);
  const { duplicates, rejected } = exceptionsIn(paths.state);
  if (records !== events + duplicates + rejected) {
    differences.push(`${records} accepted, but ${events} processed + ${duplicates} duplicates + ${rejected} rejected`);
  }
  return differences;
}

function exceptionsIn(file: string): { duplicates: number; rejected: number } {
  const state = new DatabaseSync(file, { readOnly: true });
  const count = (table: string): number => Number(state.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"]);
  const counts = { duplicates: count("duplicates"), rejected: count("rejected") };
  state.close();
  return counts;
}

async function storedIds(reads: Reads): Promise<{ ids: Set<string>; twice: string[] }> {
  const ids = new Set<string>();
  const twice: string[] = [];
  for (let after = ""; ;) {
    const rows = await reads.query(
      `select message_id from events where message_id > '${after}' order by message_id limit ${pageRows}`,
    );
    for (const id of rows.map(([cell]) => String(cell))) {
      if (ids.has(id)) twice.push(id);
      ids.add(id);
    }
    if (rows.length < pageRows) return { ids, twice };
    after = String(rows.at(-1)?.[0]);
  }
}

async function wrongFates(reads: Reads, expected: readonly { id: string; fate: string }[]): Promise<string[]> {
  const wrong: string[] = [];
  const queue = [...expected];
  const worker = async (): Promise<void> => {
    for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
      // A client that was itself stopped in the middle of a question asks again.
      const found = await reads.fate(one.id).catch(() => reads.fate(one.id));
      const fate = found?.fate ?? "unknown";
      if (fate !== one.fate) wrong.push(`${one.id} is ${fate}, not ${one.fate}`);
    }
  };
  await Promise.all(Array.from({ length: fatesAtOnce }, worker));
  return told("fates", wrong);
}

/** Evenly over all, so that it is the same for the same list. */
function sampled(ids: readonly string[]): string[] {
  const step = Math.max(1, Math.ceil(ids.length / mostFates));
  return ids.filter((_, n) => n % step === 0);
}

/** A difference in words, with a few of what was found; none where nothing was. */
export function told(what: string, found: readonly string[]): string[] {
  return found.length === 0 ? [] : [`${what} (${found.length}): ${found.slice(0, mostTold).join(", ")}`];
}

function sumOf(senders: readonly Sender[], what: "netMinor" | "orders" | "people"): number {
  return senders.reduce((sum, sender) => sum + sender[what](), 0);
}

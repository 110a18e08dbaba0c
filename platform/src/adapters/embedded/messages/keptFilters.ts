import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FilterDamage, readFilter, readJournal, syncDirectory, writeFilter, writeJournal } from "./filterFiles.ts";
import { filterTiers, keyBytes, type FilterTiers, type TierSchedule } from "./filterTiers.ts";
import { filterWords, type KeyFilter } from "./keyFilter.ts";
import { readManifest, writeManifest, type FilterManifest } from "./keptKeys.ts";
import type { IndexTree } from "./keyTree.ts";

/**
 * The filters are copied to disk once so many keys came since the last copy: a sixteenth of all, within these bounds.
 * The rest is in the journals; the upper bound is what a start reads of them at most (200 MB, a few seconds).
 */
const leastKeysPerCopy = 2 ** 20;
const mostKeysPerCopy = 2 ** 24;
const rebuildPageKeys = 10_000;

/** The filters over a tree's keys, and what keeps them over a restart. */
export interface KeptFilters {
  mayHave(key: Uint8Array): boolean;
  /** Durable when it resolves: a start will find these keys, of the segments [from, until), once they are sealed. */
  journal(from: number, until: number, keys: Uint8Array): Promise<void>;
  /** What was journalled and is sealed now. May begin to copy filters to disk, beside what follows. */
  add(until: number, keys: Uint8Array): void;
  /** Resolves when no copy is being made; rejects with what the last one failed of. */
  settled(): Promise<void>;
  figures(): { keys: number; bytes: number; filters: number };
  close(): Promise<void>;
}

interface Parts {
  tree: IndexTree;
  directory: string;
  schedule: TierSchedule;
  /** Keys of segments before it are in the tree. */
  sealedBefore: number;
}

/**
 * Loads the filters, and the journals since they were copied. Where anything of that is missing or damaged, or from an
 * older format, they are made again from the tree, a few microseconds a key.
 */
export async function openKeptFilters(parts: Parts): Promise<KeptFilters> {
  await mkdir(parts.directory, { recursive: true, mode: 0o700 });
  const loaded = await load(parts).catch((error: unknown) => {
    if (error instanceof FilterDamage) return null;
    throw error;
  });
  const store = new FilterCopies(parts, loaded ?? { ...(await rebuild(parts)), before: null });
  await store.removeOthers();
  if (loaded === null) {
    store.begin(parts.sealedBefore);
    await store.settled();
  }
  return {
    mayHave: (key) => store.tiers.mayHave(key),
    journal: async (from, until, keys) => {
      await writeJournal(journalFile(parts.directory, from), until, keys);
      await syncDirectory(parts.directory);
    },
    add: (until, keys) => store.add(until, keys),
    settled: () => store.settled(),
    figures: () => ({ keys: store.tiers.count(), bytes: store.tiers.bytes(), filters: store.tiers.filters.length }),
    close: () => store.close(),
  };
}

interface Loaded {
  tiers: FilterTiers;
  copied: FilterManifest["files"];
  /** Null: nothing is on disk. */
  before: number | null;
}

async function load({ tree, directory, schedule, sealedBefore }: Parts): Promise<Loaded> {
  const manifest = await readManifest(tree);
  if (manifest === null) {
    if (sealedBefore > 0) throw new FilterDamage("filters of an older format");
    await writeManifest(tree, { before: 0, files: [] });
    return { tiers: filterTiers(schedule), copied: [], before: 0 };
  }
  const filters: KeyFilter[] = [];
  for (const [tier, { name, count }] of manifest.files.entries()) {
    const words = filterWords(schedule.capacityOf(tier), schedule.bitsPerKeyOf(tier));
    const filter = await readFilter(join(directory, name), words);
    if (filter.count !== count) throw new FilterDamage(`${name} is not the file that was listed`);
    filters.push(filter);
  }
  const tiers = filterTiers(schedule, filters);
  for (let from = manifest.before; from < sealedBefore;) {
    const { until, keys } = await readJournal(journalFile(directory, from));
    // One past the seal was cut short by a crash: its keys are read from the log again and journalled anew.
    if (until <= from || until > sealedBefore) throw new FilterDamage("the journals do not reach the seal");
    tiers.addAll(keys);
    from = until;
  }
  return { tiers, copied: manifest.files, before: manifest.before };
}

async function rebuild({ tree, schedule }: Parts): Promise<Omit<Loaded, "before">> {
  const tiers = filterTiers(schedule);
  const iterator = tree.keys();
  try {
    for (;;) {
      const page = await iterator.nextv(rebuildPageKeys);
      if (page.length === 0) return { tiers, copied: [] };
      tiers.addAll(Buffer.concat(page.filter((key) => key.length === keyBytes)));
      // Filters of the first format lay in the tree.
      const old = page.filter((key) => /^f\d+$/.test(Buffer.from(key).toString("latin1")));
      const removal = tree.batch();
      for (const key of old) removal.del(key);
      await removal.write({ sync: false });
    }
  } finally {
    await iterator.close();
  }
}

/**
 * Copies of changed filters, one set at a time, made while keys are added: a bit that is set meanwhile does no harm,
 * and those keys are in a journal as well. A set counts once the manifest names it; then the journals before it and
 * the files it replaces go.
 */
class FilterCopies {
  readonly tiers: FilterTiers;
  readonly #parts: Parts;
  #copied: FilterManifest["files"];
  #before: number | null;
  #keysSince: number;
  #running: Promise<void> | null = null;
  #failure: unknown = null;
  #stopped = false;

  constructor(parts: Parts, { tiers, copied, before }: Loaded) {
    this.#parts = parts;
    this.tiers = tiers;
    this.#copied = copied;
    this.#before = before;
    this.#keysSince = tiers.count() - copied.reduce((sum, { count }) => sum + count, 0);
  }

  add(until: number, keys: Uint8Array): void {
    this.tiers.addAll(keys);
    this.#keysSince += keys.length / keyBytes;
    const due = Math.min(mostKeysPerCopy, Math.max(leastKeysPerCopy, this.tiers.count() / 16));
    if (this.#running === null && this.#keysSince >= due) this.begin(until);
  }

  /** Everything of the segments before `until` is in the filters. */
  begin(until: number): void {
    this.#keysSince = 0;
    this.#failure = null;
    this.#running = this.#copy(until)
      .catch((error: unknown) => {
        this.#failure = error;
        // The journals still hold what is missing: the next seal tries again.
        this.#keysSince = mostKeysPerCopy;
      })
      .finally(() => {
        this.#running = null;
      });
  }

  async settled(): Promise<void> {
    await this.#running;
    if (this.#failure !== null) throw this.#failure;
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #copy(until: number): Promise<void> {
    const { directory, tree } = this.#parts;
    // Counts of this moment: what is added from here on comes again out of the journals.
    const held = this.tiers.filters.map(({ words, count }) => ({ words, count }));
    const files: FilterManifest["files"] = [];
    for (const [tier, filter] of held.entries()) {
      const before = this.#copied[tier];
      if (before?.count === filter.count) files.push(before);
      else {
        const name = `${tier}-${until}.filter`;
        if (!(await writeFilter(join(directory, name), filter, () => this.#stopped))) return;
        files.push({ name, count: filter.count });
      }
    }
    await syncDirectory(directory);
    await writeManifest(tree, { before: until, files });
    this.#copied = files;
    this.#before = until;
    await this.removeOthers();
  }

  /** Files that nothing needs: replaced filters, journals that the filters hold, what a crash left half-written. */
  async removeOthers(): Promise<void> {
    const { directory } = this.#parts;
    const named = new Set(this.#copied.map(({ name }) => name));
    for (const name of await readdir(directory)) {
      const journalFrom = /^(\d+)\.keys$/.exec(name)?.[1];
      const isNeeded = journalFrom === undefined ? named.has(name) : Number(journalFrom) >= (this.#before ?? 0);
      if (!isNeeded) await rm(join(directory, name), { force: true });
    }
  }
}

function journalFile(directory: string, from: number): string {
  return join(directory, `${from}.keys`);
}

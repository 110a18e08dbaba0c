import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ordinalOf, position as positionOf, segmentOf, type Position } from "../../../model/position.ts";
import { Problem } from "../../../model/problem.ts";
import { recordContent, kinds } from "../../../buffer/segment/format.ts";
import { examineFile } from "../messages/filterFiles.ts";
import { positionIn, readManifest, sealedKey } from "../messages/keptKeys.ts";
import { hasDropped, openKeyTree, type KeyTree } from "../messages/keyTree.ts";
import { keyBytes } from "../messages/filterTiers.ts";
import { tableFault } from "../messages/tableFiles.ts";
import type { LogObserver } from "./checkLog.ts";
import { removeAndStart, type Report } from "./report.ts";

/** Of a segment, without `deep`: every n-th message is looked up. */
const sampleEvery = 1_000;
const maxLookups = 10_000;
const pageKeys = 10_000;

export interface MessagesCheck {
  readonly observer: LogObserver;
  /** After the log has been read, `isWhole` or with gaps. */
  finish(isWhole: boolean): Promise<void>;
  close(): Promise<void>;
}

const todo = removeAndStart("the folder messages");
const remade = "nothing: the next start makes it anew";

/**
 * Checks the message index against the log, on a copy: opening LevelDB changes it, and what it says of damage it says
 * only once. Null, with findings, where it cannot be opened.
 */
export async function openMessagesCheck(
  parts: {
    directory: string;
    /** A folder on the same disk, for the copy. */
    workFolder: string;
    isDeep: boolean;
    /** Everything before is decided. */
    decided: Position;
    /** Messages before it are not known any more. */
    keptFrom: Position;
    notProcessed: (from: Position, until: Position) => Set<Position>;
  },
  report: Report,
): Promise<MessagesCheck | null> {
  if (!existsSync(parts.directory)) {
    report.checked("there is none; the next start makes it from the log");
    return null;
  }
  const areSound = checkTables(parts.directory, report);
  const counts = await checkFilterFiles(join(parts.directory, "filters"), report);
  if (!areSound) {
    // LevelDB ends the whole process on some of what it cannot read.
    report.checked("its tables and filters");
    return null;
  }
  let tree: KeyTree;
  try {
    copyTree(parts.directory, parts.workFolder);
    tree = await openKeyTree(parts.workFolder);
  } catch {
    report.find("derived", { where: "messages", what: "it does not open", todo });
    report.checked("its tables, filters and journals");
    return null;
  }
  if (hasDropped(parts.workFolder)) {
    report.find("derived", { where: "messages", what: "a part of it is damaged, and passed over", todo });
  }
  try {
    const sealed = await sealOf(tree, parts.decided, report);
    await checkManifest(tree, counts, sealed, report);
    return new LookedUp(tree, parts, report, sealed);
  } catch {
    await tree.close();
    report.find("derived", { where: "messages", what: "it cannot be read", todo });
    report.checked("its tables, filters and journals");
    return null;
  }
}

/** Files that never change are linked, the others copied: what LevelDB does to the copy stays there. */
function copyTree(directory: string, copy: string): void {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "LOCK") continue;
    const [from, to] = [join(directory, entry.name), join(copy, entry.name)];
    if (entry.name.endsWith(".ldb")) linkOrCopy(from, to);
    else copyFileSync(from, to);
  }
}

/** Some file systems know no links. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** Whether each table is what was written. */
function checkTables(directory: string, report: Report): boolean {
  let areSound = true;
  const names = readdirSync(directory).sort();
  const hasTables = names.some((name) => name.endsWith(".ldb"));
  if (hasTables && !names.includes("CURRENT")) {
    report.find("derived", { where: "messages/CURRENT", what: "it is missing", todo: remade });
  }
  for (const name of names) {
    const fault = name.endsWith(".ldb") ? tableFault(join(directory, name)) : null;
    if (fault === null) continue;
    areSound = false;
    report.find("derived", { where: `messages/${name}`, what: fault, todo });
  }
  return areSound;
}

/** What each file's header counts; those that cannot be read are told, and left out. */
async function checkFilterFiles(folder: string, report: Report): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
    if (!/\.(filter|keys)$/.test(name)) continue;
    const where = `messages/filters/${name}`;
    try {
      const { fault, count } = await examineFile(join(folder, name));
      if (fault === null) counts.set(name, count);
      else report.find("derived", { where, what: fault, todo: remade });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      report.find("derived", { where, what: error.message, todo: error.hint ?? todo });
    }
  }
  return counts;
}

/** Segments before it are in the tree. */
async function sealOf(tree: KeyTree, decided: Position, report: Report): Promise<number> {
  const value = await tree.get(sealedKey);
  const sealed = value === undefined ? 0 : positionIn(value);
  const isPlausible = Number.isInteger(sealed) && sealed >= 0 && sealed <= segmentOf(decided) + 1;
  if (isPlausible) return sealed;
  report.find("derived", { where: "messages", what: "it holds more segments than the state has decided", todo });
  return 0;
}

/** The filters' files are those that the tree lists, and the journals lead from them to the seal. */
async function checkManifest(
  tree: KeyTree,
  counts: ReadonlyMap<string, number>,
  sealed: number,
  report: Report,
): Promise<void> {
  const find = (name: string, what: string): void =>
    report.find("derived", { where: `messages/filters/${name}`, what, todo: remade });
  try {
    const manifest = await readManifest(tree);
    for (const { name, count } of manifest?.files ?? []) {
      if (counts.get(name) !== count) find(name, "it is not the file that is listed");
    }
    for (let from = manifest?.before ?? 0; manifest !== null && from < sealed;) {
      const until = counts.get(`${from}.keys`) ?? 0;
      if (!(until > from && until <= sealed)) {
        find(`${from}.keys`, "it does not lead to the next");
        break;
      }
      from = until;
    }
  } catch (error) {
    const what = error instanceof Problem ? error.message : "its list of filters cannot be read";
    report.find("derived", { where: "messages", what, todo });
  }
}

interface LookUpParts {
  isDeep: boolean;
  keptFrom: Position;
  notProcessed: (from: Position, until: Position) => Set<Position>;
}

class LookedUp implements MessagesCheck {
  readonly observer: LogObserver;
  readonly #tree: KeyTree;
  readonly #parts: LookUpParts;
  readonly #report: Report;
  readonly #sealed: number;
  #skipped: Set<Position> = new Set();
  #asked: { key: string; position: Position }[] = [];
  #lookups = 0;
  #processed = 0;
  #missing = 0;

  constructor(tree: KeyTree, parts: LookUpParts, report: Report, sealed: number) {
    this.#tree = tree;
    this.#parts = parts;
    this.#report = report;
    this.#sealed = sealed;
    this.observer = {
      segment: (number) => {
        const isSealed = number < this.#sealed;
        this.#skipped = isSealed ? parts.notProcessed(positionOf(number, 0), positionOf(number + 1, 0)) : new Set();
      },
      record: ({ position, bytes, offset, view }) => {
        if (
          position < parts.keptFrom ||
          segmentOf(position) >= this.#sealed ||
          view.kind === kinds.stub ||
          this.#skipped.has(position)
        )
          return;
        this.#processed += 1;
        if (!parts.isDeep && ordinalOf(position) % sampleEvery !== 0) return;
        this.#asked.push({ key: recordContent(bytes, offset, view).message, position });
      },
      pause: () => this.#look(),
    };
  }

  async #look(): Promise<void> {
    for (let from = 0; from < this.#asked.length; from += maxLookups) {
      const some = this.#asked.slice(from, from + maxLookups);
      const found = await this.#tree.getMany(some.map(({ key }) => Buffer.from(key, "base64url"))).catch(() => []);
      for (const [nth, { position }] of some.entries()) {
        const value = found[nth];
        if (value !== undefined && positionIn(value) === position) continue;
        this.#missing += 1;
        if (this.#missing === 1) this.#tell(position, value === undefined);
      }
    }
    this.#lookups += this.#asked.length;
    this.#asked = [];
  }

  #tell(position: Position, isMissing: boolean): void {
    const what = isMissing
      ? "it does not know this message: one sent again would count again"
      : "it knows this message elsewhere";
    this.#report.find("derived", { where: `messages, position ${position}`, what, todo });
  }

  async finish(isWhole: boolean): Promise<void> {
    if (this.#missing > 1) {
      const what = `of ${this.#lookups} messages looked up, ${this.#missing} are missing or elsewhere`;
      this.#report.find("derived", { where: "messages", what, todo });
    }
    if (this.#parts.isDeep && isWhole) await this.#count();
    this.#report.checked(`${this.#lookups} messages looked up in the segments before ${this.#sealed}`);
  }

  /** It has no key that the log has not: such a message would never count. */
  async #count(): Promise<void> {
    let keys = 0;
    const iterator = this.#tree.keys();
    try {
      for (let page = await iterator.nextv(pageKeys); page.length > 0; page = await iterator.nextv(pageKeys)) {
        keys += page.filter((key) => key.length === keyBytes).length;
      }
    } catch {
      this.#report.find("derived", { where: "messages", what: "it cannot be read to its end", todo });
      return;
    } finally {
      await iterator.close();
    }
    // What a crash cut short while a segment was sealed is in the tree already, and comes again.
    if (keys < this.#processed) {
      const what = `it has ${keys} messages, and the log ${this.#processed} up to there`;
      this.#report.find("derived", { where: "messages", what, todo });
    }
  }

  async close(): Promise<void> {
    await this.#tree.close();
  }
}

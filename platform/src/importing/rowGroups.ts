import { createReadStream } from "node:fs";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addGroup, addRow, newGroup, type RowGroup } from "./rowGroup.ts";
import type { MappedRow } from "./rowMapper.ts";

export interface RowGroupsOptions {
  /** What is kept in memory before rows go to disk; a character takes one or two bytes. */
  maxMemoryChars?: number;
  /** Where the folder for the rows on disk is made (mode 0700), which `close` removes; the system's own by default. */
  temporaryFolder?: string;
}

/** Collects a file's rows by key, in bounded memory; a key's rows may stand anywhere in the file. */
export interface RowGroups {
  add(row: MappedRow): void;
  /** To be awaited every some thousand rows: moves what is above the bound to disk. */
  relieve(): Promise<void>;
  /** Every group once: in order of their first rows when all fitted in memory, else one partition after the other. */
  groups(): AsyncGenerator<RowGroup>;
  readonly spilledRows: number;
  close(): Promise<void>;
}

export const defaultMaxMemoryChars = 134_217_728;
/** What a row, and what a group, costs besides its texts. */
const rowOverheadChars = 48;
const groupOverheadChars = 400;
const partitionCount = 64;
/** Partitions of partitions (16 million in all): beyond, what is left is few large groups, and these have their own bound. */
const maxDepth = 4;

/**
 * Grouping by partitions on disk, as databases aggregate by hashing (Graefe 1993, "Query evaluation techniques for
 * large databases", section 4): groups live in a map; when that is full, they go to files by a hash of their key; in
 * the end each file is grouped alone, by the same function with another hash.
 */
export function openRowGroups(options: RowGroupsOptions = {}): RowGroups {
  return new PartitionedGroups(options, 0);
}

class PartitionedGroups implements RowGroups {
  spilledRows = 0;
  readonly #options: RowGroupsOptions;
  readonly #depth: number;
  readonly #maxChars: number;
  readonly #partitions = new Set<number>();
  #groups = new Map<string, RowGroup>();
  #chars = 0;
  #folder: string | null = null;

  constructor(options: RowGroupsOptions, depth: number) {
    this.#options = options;
    this.#depth = depth;
    this.#maxChars = options.maxMemoryChars ?? defaultMaxMemoryChars;
  }

  add(row: MappedRow): void {
    const group = this.#groupOf(row);
    const before = group.chars;
    addRow(group, row);
    this.#chars += group.chars - before + rowOverheadChars;
  }

  async relieve(): Promise<void> {
    if (this.#chars <= this.#maxChars || this.#depth >= maxDepth) return;
    this.#folder ??= await mkdtemp(join(this.#options.temporaryFolder ?? tmpdir(), "c360-import-"));
    await this.#spill(this.#folder);
  }

  async *groups(): AsyncGenerator<RowGroup> {
    if (this.#folder === null) {
      yield* this.#groups.values();
      return;
    }
    await this.#spill(this.#folder);
    for (const partition of this.#partitions) yield* this.#partitionGroups(join(this.#folder, String(partition)));
  }

  async close(): Promise<void> {
    this.#groups = new Map();
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
  }

  #groupOf(of: Pick<RowGroup, "key" | "rule">): RowGroup {
    const known = this.#groups.get(of.key);
    if (known !== undefined) return known;
    const group = newGroup(of);
    this.#groups.set(group.key, group);
    this.#chars += group.key.length + groupOverheadChars;
    return group;
  }

  #addPart(part: RowGroup): void {
    const group = this.#groupOf(part);
    const before = group.chars;
    addGroup(group, part);
    this.#chars += group.chars - before + part.lines.length * rowOverheadChars;
  }

  async #spill(folder: string): Promise<void> {
    const texts = Array.from({ length: partitionCount }, (): string[] => []);
    for (const group of this.#groups.values()) {
      texts[partitionOf(group.key, this.#depth)]?.push(JSON.stringify(group), "\n");
      this.spilledRows += group.rowCount;
    }
    this.#groups = new Map();
    this.#chars = 0;
    for (const [partition, parts] of texts.entries()) {
      if (parts.length === 0) continue;
      this.#partitions.add(partition);
      await appendFile(join(folder, String(partition)), parts.join(""), { mode: 0o600 });
    }
  }

  async *#partitionGroups(file: string): AsyncGenerator<RowGroup> {
    const inner = new PartitionedGroups(this.#options, this.#depth + 1);
    try {
      for await (const part of spilledGroups(file)) {
        inner.#addPart(part);
        await inner.relieve();
      }
      await rm(file);
      yield* inner.groups();
    } finally {
      await inner.close();
    }
  }
}

async function* spilledGroups(file: string): AsyncGenerator<RowGroup> {
  let carried = "";
  for await (const chunk of createReadStream(file, { encoding: "utf8", highWaterMark: 1_048_576 })) {
    const lines = (carried + String(chunk)).split("\n");
    carried = lines.pop() ?? "";
    // This process wrote it.
    for (const line of lines) yield JSON.parse(line) as RowGroup;
  }
}

/** FNV-1a, seeded by the depth: another spread at each level. */
function partitionOf(key: string, depth: number): number {
  let hash = 2_166_136_261 ^ (depth * 2_654_435_761);
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 16_777_619);
  // The low bits of FNV-1a depend on the low bits of the text only.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 2_246_822_507);
  return ((hash ^ (hash >>> 13)) >>> 0) % partitionCount;
}

import { ClassicLevel } from "classic-level";
import { position as positionOf, segmentOf, type Position } from "../../../model/position.ts";
import type { EventBufferReader } from "../../../buffer/eventBuffer.ts";
import type { MessageIndex } from "../../../storage/messageIndex.ts";
import { filterCapacity, keyFilter, type KeyFilter } from "./keyFilter.ts";

/** Beyond this, the oldest keys are no longer filtered and cost a disk look-up each: slower, never wrong. */
const maxFilters = 256;
const flushBatchKeys = 20_000;

/**
 * The keys of segments that are wholly decided lie in an LSM tree (LevelDB), behind Bloom filters in memory; those of
 * the segments still being decided in a map, rebuilt at start by reading those segments again. A segment's keys are
 * in the tree, synced, before they leave the map; a crash between repeats it.
 */
export async function openMessageIndex(options: {
  directory: string;
  log: EventBufferReader;
  /** Everything before is decided. */
  decided: Position;
  notProcessed: (from: Position, until: Position) => Set<Position>;
  /** Tests lay faults over it. */
  openTree?: typeof openKeyTree;
}): Promise<MessageIndex> {
  const tree = await (options.openTree ?? openKeyTree)(options.directory);
  const filters = await loadFilters(tree);
  const recent = new Map<string, Position>();
  const state: State = { tree, filters, recent, sealedBefore: await sealedBefore(tree) };
  await rebuildRecent(state, options);
  return {
    firstPositions: async (keys) => firstPositions(state, keys),
    remember: async (entries) => {
      for (const { key, position } of entries) if (!recent.has(key)) recent.set(key, position);
      const last = entries.at(-1);
      if (last !== undefined) await sealThrough(state, segmentOf(last.position));
    },
    close: async () => tree.close(),
  };
}

export type KeyTree = ClassicLevel<Uint8Array, Uint8Array>;

export async function openKeyTree(directory: string): Promise<KeyTree> {
  const tree: KeyTree = new ClassicLevel(directory, {
    keyEncoding: "view",
    valueEncoding: "view",
    compression: false,
    cacheSize: 32 << 20,
    writeBufferSize: 16 << 20,
  });
  await tree.open();
  return tree;
}

interface State {
  tree: KeyTree;
  /** Newest last; `unfiltered` counts those that were let go. */
  filters: KeyFilter[];
  recent: Map<string, Position>;
  /** Keys of segments before it are in the tree. */
  sealedBefore: number;
}

async function firstPositions(state: State, keys: readonly string[]): Promise<(Position | null)[]> {
  const answers: (Position | null)[] = Array.from({ length: keys.length }, () => null);
  const asked: number[] = [];
  const bytes: Uint8Array[] = [];
  for (const [index, key] of keys.entries()) {
    const at = state.recent.get(key);
    if (at !== undefined) answers[index] = at;
    else if (state.sealedBefore > 0) {
      const raw = Buffer.from(key, "base64url");
      if (!mayHave(state.filters, raw)) continue;
      asked.push(index);
      bytes.push(raw);
    }
  }
  if (asked.length === 0) return answers;
  const found = await state.tree.getMany(bytes);
  for (const [nth, index] of asked.entries()) {
    const value = found[nth];
    if (value !== undefined) answers[index] = decodePosition(value);
  }
  return answers;
}

function mayHave(filters: readonly KeyFilter[], key: Uint8Array): boolean {
  if (filters.length >= maxFilters) return true;
  for (let index = filters.length - 1; index >= 0; index--) if (filters[index]?.mayHave(key) === true) return true;
  return false;
}

/** Moves the keys of segments before `segment` into the tree. */
async function sealThrough(state: State, segment: number): Promise<void> {
  if (segment <= state.sealedBefore) return;
  const limit = positionOf(segment, 0);
  const moving = [...state.recent].filter(([, at]) => at < limit);
  for (let from = 0; from < moving.length; from += flushBatchKeys) {
    const batch = state.tree.batch();
    for (const [key, at] of moving.slice(from, from + flushBatchKeys)) {
      const raw = Buffer.from(key, "base64url");
      batch.put(raw, encodePosition(at));
      addToFilters(state.filters, raw);
    }
    await batch.write({ sync: true });
  }
  await saveFilters(state, segment);
  state.sealedBefore = segment;
  for (const [key] of moving) state.recent.delete(key);
}

function addToFilters(filters: KeyFilter[], key: Uint8Array): void {
  let open = filters.at(-1);
  if (open === undefined || open.count >= filterCapacity) {
    open = keyFilter();
    filters.push(open);
  }
  open.add(key);
}

/** Keys of the tree's own book-keeping are shorter than 12 bytes, so they never meet a message's. */
const sealedKey = Buffer.from("sealed");

function filterKey(index: number): Uint8Array {
  return Buffer.from(`f${index}`);
}

/** The filters and the seal go in one synced batch: a filter on disk never lacks a key that the seal promises. */
async function saveFilters(state: State, segment: number): Promise<void> {
  const batch = state.tree.batch();
  for (const index of [state.filters.length - 2, state.filters.length - 1]) {
    const filter = state.filters[index];
    if (filter === undefined) continue;
    const value = Buffer.alloc(8 + filter.bytes.length);
    value.writeDoubleLE(filter.count, 0);
    value.set(filter.bytes, 8);
    batch.put(filterKey(index), value);
  }
  batch.put(sealedKey, encodePosition(segment));
  await batch.write({ sync: true });
}

async function loadFilters(tree: State["tree"]): Promise<KeyFilter[]> {
  const filters: KeyFilter[] = [];
  for (let index = 0; index < maxFilters; index++) {
    const value = await tree.get(filterKey(index));
    if (value === undefined) break;
    const view = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    filters.push(keyFilter(new Uint8Array(view.subarray(8)), view.readDoubleLE(0)));
  }
  return filters;
}

async function sealedBefore(tree: State["tree"]): Promise<number> {
  const value = await tree.get(sealedKey);
  return value === undefined ? 0 : decodePosition(value);
}

async function rebuildRecent(
  state: State,
  options: {
    log: EventBufferReader;
    decided: Position;
    notProcessed: (from: Position, until: Position) => Set<Position>;
  },
): Promise<void> {
  let at = positionOf(state.sealedBefore, 0);
  while (at < options.decided) {
    const { records, next } = await options.log.read(at, options.decided, 50_000, 32 << 20);
    const skipped = options.notProcessed(at, next);
    for (const record of records) if (!skipped.has(record.position)) state.recent.set(record.message, record.position);
    if (next <= at) break;
    at = next;
  }
  await sealThrough(state, segmentOf(options.decided));
}

function encodePosition(at: number): Uint8Array {
  const value = Buffer.alloc(8);
  value.writeDoubleLE(at, 0);
  return value;
}
function decodePosition(value: Uint8Array): Position {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).readDoubleLE(0);
}

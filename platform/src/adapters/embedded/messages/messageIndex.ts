import { join } from "node:path";
import { position as positionOf, segmentOf, type Position } from "../../../model/position.ts";
import type { EventBufferReader } from "../../../buffer/eventBuffer.ts";
import type { MessageIndex } from "../../../storage/messageIndex.ts";
import { defaultSchedule, keyBytes, type TierSchedule } from "./filterTiers.ts";
import { openKeptFilters, type KeptFilters } from "./keptFilters.ts";
import { positionBytes, positionIn, sealedKey } from "./keptKeys.ts";
import { removeSegment, type InTurn } from "./removeSegment.ts";
import { openSoundTree, type IndexTree } from "./keyTree.ts";

/** Some 15 ms of work: decisions have their turn in between. */
const flushBatchKeys = 8_000;

export interface MessageIndexOptions {
  directory: string;
  log: EventBufferReader;
  /** Everything before is decided. */
  decided: Position;
  /** Messages before it are not known any more. */
  keptFrom?: Position;
  /** The log has no segment before this one. */
  firstSegment?: number;
  notProcessed: (from: Position, until: Position) => Set<Position>;
  schedule?: TierSchedule;
  /** Tests lay faults over it. */
  openTree?: (directory: string) => Promise<IndexTree>;
}

export interface EmbeddedMessageIndex extends MessageIndex {
  figures(): MessageIndexFigures;
  /** Removes what is known of a segment's messages, which {@link forget} has made nobody's. Needs the segment's records. */
  removeSegment(segment: number): Promise<void>;
  /** Resolves when no segment is being sealed; rejects where that failed, and nobody has tried again. */
  sealed(): Promise<void>;
  /** Resolves when nothing is written beside the calls any more; rejects with what the last such writing failed of. */
  settled(): Promise<void>;
}

export interface MessageIndexFigures {
  /** The filters in memory: keys of sealed segments, bytes, and how many filters there are. */
  keys: number;
  bytes: number;
  filters: number;
  /** Keys that the filters let through to the tree, since the start. */
  treeLookups: number;
}

/**
 * The keys of segments that are wholly decided lie in an LSM tree (LevelDB), behind Bloom filters in memory; those of
 * the segments still being decided in a map, rebuilt at start by reading those segments again. To seal a segment, its
 * keys go to the tree, then to a journal, then the seal says so, each synced; a crash between repeats it. That is done
 * beside the decisions that follow, since it takes a quarter of a second.
 */
export async function openMessageIndex(options: MessageIndexOptions): Promise<EmbeddedMessageIndex> {
  const tree = await openSoundTree(options.directory, options.openTree);
  const sealedBefore = await readSeal(tree);
  const filters = await openKeptFilters({
    tree,
    directory: join(options.directory, "filters"),
    schedule: options.schedule ?? defaultSchedule,
    sealedBefore,
  }).catch(async (error: unknown) => {
    await tree.close();
    throw error;
  });
  const recent = new Map<string, Position>();
  const { keptFrom = 0 } = options;
  const state: State = { tree, filters, recent, sealedBefore, keptFrom, treeLookups: 0, inTurn: inTurns() };
  await rebuildRecent(state, options);
  const sealing = sealingBeside(state);
  return {
    firstPositions: async (keys) => firstPositions(state, keys),
    remember: async (entries) => {
      for (const { key, position } of entries) {
        if ((recent.get(key) ?? Number.NEGATIVE_INFINITY) < state.keptFrom) recent.set(key, position);
      }
      const last = entries.at(-1);
      if (last !== undefined) await sealing.through(segmentOf(last.position));
    },
    forget: (before) => {
      state.keptFrom = Math.max(state.keptFrom, before);
    },
    removeSegment: (segment) => removeSegment({ tree, log: options.log, segment, inTurn: state.inTurn }),
    sealed: sealing.settled,
    figures: () => ({ ...filters.figures(), treeLookups: state.treeLookups }),
    settled: () => filters.settled(),
    close: async () => {
      await sealing.ended();
      await filters.close();
      await tree.close();
    },
  };
}

interface State {
  tree: IndexTree;
  filters: KeptFilters;
  recent: Map<string, Position>;
  /** Keys of segments before it are in the tree. */
  sealedBefore: number;
  keptFrom: Position;
  treeLookups: number;
  /** Sealing and removing write to the tree by turns. */
  inTurn: InTurn;
}

async function firstPositions(state: State, keys: readonly string[]): Promise<(Position | null)[]> {
  const { keptFrom } = state;
  return (await knownPositions(state, keys)).map((at) => (at !== null && at >= keptFrom ? at : null));
}

async function knownPositions(state: State, keys: readonly string[]): Promise<(Position | null)[]> {
  const answers: (Position | null)[] = Array.from({ length: keys.length }, () => null);
  const asked: number[] = [];
  const bytes: Uint8Array[] = [];
  for (const [index, key] of keys.entries()) {
    const at = state.recent.get(key);
    if (at !== undefined) answers[index] = at;
    else if (state.sealedBefore > 0) {
      const raw = Buffer.from(key, "base64url");
      if (!state.filters.mayHave(raw)) continue;
      asked.push(index);
      bytes.push(raw);
    }
  }
  if (asked.length === 0) return answers;
  state.treeLookups += asked.length;
  const found = await state.tree.getMany(bytes);
  for (const [nth, index] of asked.entries()) {
    const value = found[nth];
    if (value !== undefined) answers[index] = positionIn(value);
  }
  return answers;
}

interface Sealing {
  /**
   * Begins to seal the segments before this one. Waits for what is being sealed only a whole segment later, and where
   * it failed: then it is tried again before anything else, or keys that cannot be stored would fill the memory.
   */
  through(segment: number): Promise<void>;
  settled(): Promise<void>;
  /** Never rejects: what is not sealed is read from the log again. */
  ended(): Promise<void>;
}

function sealingBeside(state: State): Sealing {
  let running: Promise<void> | null = null;
  let goal = 0;
  let failure: { error: unknown } | null = null;
  const begin = (segment: number): void => {
    goal = segment;
    running = sealThrough(state, segment)
      .catch((error: unknown) => {
        failure = { error };
      })
      .finally(() => {
        running = null;
      });
  };
  return {
    through: async (segment) => {
      if (segment <= state.sealedBefore || (running !== null && segment <= goal)) return;
      await running;
      if (failure === null) return begin(segment);
      await sealThrough(state, segment);
      failure = null;
    },
    settled: async () => {
      await running;
      if (failure !== null) throw failure.error;
    },
    ended: async () => {
      await running;
    },
  };
}

/** Moves the keys of segments before `segment` into the tree. */
async function sealThrough(state: State, segment: number): Promise<void> {
  if (segment <= state.sealedBefore) return;
  const limit = positionOf(segment, 0);
  const moving = [...state.recent].filter(([, at]) => at < limit);
  const raw = Buffer.alloc(moving.length * keyBytes);
  for (let from = 0; from < moving.length; from += flushBatchKeys) {
    const batch = state.tree.batch();
    for (const [nth, [key, at]] of moving.slice(from, from + flushBatchKeys).entries()) {
      const offset = (from + nth) * keyBytes;
      raw.write(key, offset, keyBytes, "base64url");
      batch.put(raw.subarray(offset, offset + keyBytes), positionBytes(at));
    }
    await state.inTurn(() => batch.write({ sync: true }));
  }
  await state.filters.journal(state.sealedBefore, segment, raw);
  await state.tree.put(sealedKey, positionBytes(segment), { sync: true });
  state.sealedBefore = segment;
  state.filters.add(segment, raw);
  // One that was forgotten and came again meanwhile lies elsewhere now.
  for (const [key, at] of moving) if (state.recent.get(key) === at) state.recent.delete(key);
}

/** One after the other: what is read to be removed must not be written anew before it is. */
function inTurns(): InTurn {
  let latest: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = latest.then(work);
    latest = done.catch(() => undefined);
    return done;
  };
}

async function readSeal(tree: IndexTree): Promise<number> {
  const value = await tree.get(sealedKey);
  return value === undefined ? 0 : positionIn(value);
}

/** What is decided and not sealed, from the log; segments that are wholly decided are sealed on the way. */
async function rebuildRecent(state: State, options: MessageIndexOptions): Promise<void> {
  let at = positionOf(Math.max(state.sealedBefore, options.firstSegment ?? 0), 0);
  while (at < options.decided) {
    const { records, next } = await options.log.read(at, options.decided, 50_000, 32 << 20);
    const skipped = options.notProcessed(at, next);
    for (const record of records) if (!skipped.has(record.position)) state.recent.set(record.message, record.position);
    if (next <= at) break;
    at = next;
    await sealThrough(state, segmentOf(at));
  }
  await sealThrough(state, segmentOf(options.decided));
}

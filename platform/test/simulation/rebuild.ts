import { join } from "node:path";
import { compareStates } from "../../src/adapters/embedded/state/compareStates.ts";
import { openStateStore } from "../../src/adapters/embedded/state/stateStore.ts";
import { openEventLogReader } from "../../src/adapters/embedded/eventLog/reader.ts";
import { removeFile } from "../../src/adapters/embedded/sqliteFile.ts";
import { createIngestionLoop, recordsAt } from "../../src/ingestion/index.ts";
import type { Position } from "../../src/model/position.ts";
import type { MessageIndex } from "../../src/storage/messageIndex.ts";
import { Broken } from "./broken.ts";
import { firstRules } from "./simulatedRules.ts";
import { unsyncedStateFile } from "./stateFile.ts";
import { hash, homeCurrency, logFolder, stateFileOf, type World } from "./world.ts";

/** Folds the log up to `end`, where the live state is, into another state, and compares the two. Nothing fails in it. */
export async function checkRebuild(world: World, end: Position, maxBatchRecords: number): Promise<void> {
  const file = join(world.folder, `rebuilt-${++world.made}.sqlite`);
  const store = openStateStore({ file, hash, foldedWith: {}, openFile: unsyncedStateFile });
  const log = openEventLogReader(logFolder(world));
  try {
    let trouble: unknown = null;
    const loop = await createIngestionLoop({
      log: { ...log, read: (from, until, _records, bytes) => log.read(from, until, maxBatchRecords, bytes) },
      store,
      messages: messagesInMemory(),
      recordsAt: (positions) => recordsAt(log, positions),
      hash,
      rules: firstRules,
      homeCurrency,
      now: () => world.now,
      onDecided: () => undefined,
      onTrouble: (error) => {
        trouble = error;
      },
      sleep: async () => {
        throw trouble;
      },
    });
    await loop.run(end);
    await store.close();
    const differences = await compareStates({ live: stateFileOf(world), fresh: file, hash, homeCurrency });
    if (differences.length > 0) throw new Broken("state is a fold of the log", differences.slice(0, 5).join("; "));
  } finally {
    await log.close();
    removeFile(file);
  }
}

/** What the port promises, nothing else. */
function messagesInMemory(): MessageIndex {
  const known = new Map<string, Position>();
  let keptFrom = 0;
  const kept = (key: string): Position | null => {
    const at = known.get(key);
    return at !== undefined && at >= keptFrom ? at : null;
  };
  return {
    firstPositions: async (keys) => keys.map(kept),
    remember: async (entries) => {
      for (const { key, position } of entries) if (kept(key) === null) known.set(key, position);
    },
    forget: (before) => {
      keptFrom = Math.max(keptFrom, before);
    },
    close: async () => undefined,
  };
}

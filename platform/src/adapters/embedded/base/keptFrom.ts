import type { DatabaseSync } from "node:sqlite";
import type { Position } from "../../../model/position.ts";
import { isDamage } from "../sqliteFile.ts";
import { keptNow } from "../state/kept.ts";
import { openStateReader } from "../state/schema.ts";

/**
 * From where on a state needs the log, by what it was told itself: whatever became of its base, that can be made again
 * of it. 0 for one that was told nothing; null for one that cannot be read.
 */
export function keptFromOf(stateFile: string): Position | null {
  let database: DatabaseSync | null = null;
  try {
    database = openStateReader(stateFile);
    const knows = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'kept'").get();
    return knows === undefined ? 0 : keptNow(database)().from;
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  } finally {
    database?.close();
  }
}

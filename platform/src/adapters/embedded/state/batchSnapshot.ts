import type { DatabaseSync } from "node:sqlite";

/**
 * A batch's reads see one snapshot, and its commit goes on from there: SQLite locks the file once for all of them instead
 * of for each row, which cost as much as finding it.
 */
export interface BatchSnapshot {
  /** From the next read on, until it is handed over or ended. */
  begin(): void;
  /** What is read next is read as it is then. */
  end(): void;
  /** Whether one is open; whoever asks ends it. */
  handOver(): boolean;
}

export function batchSnapshot(database: DatabaseSync): BatchSnapshot {
  let isOpen = false;
  const end = (): void => {
    isOpen = false;
    if (database.isTransaction) database.exec("ROLLBACK");
  };
  return {
    begin: () => {
      if (isOpen && database.isTransaction) return;
      // What a failed rollback left open is no snapshot.
      end();
      database.exec("BEGIN");
      isOpen = true;
    },
    end,
    handOver: () => {
      const wasOpen = isOpen && database.isTransaction;
      isOpen = false;
      return wasOpen;
    },
  };
}

import type { BackupView } from "../api/backups.ts";
import type { Transport } from "./transport.ts";

/** What a verb may ask about backups. */
export interface BackupCalls {
  startBackup(wanted: { directory: string; withDerived: boolean; maxMiBPerS?: number }): Promise<BackupView>;
  backup(id: string): Promise<BackupView>;
}

// The shapes are the API's own, held by its tests.
export function backupCalls(send: Transport): BackupCalls {
  return {
    startBackup: async (wanted) => (await send({ method: "POST", path: "/api/backups", body: wanted })) as BackupView,
    backup: async (id) => (await send({ method: "GET", path: `/api/backups/${encodeURIComponent(id)}` })) as BackupView,
  };
}

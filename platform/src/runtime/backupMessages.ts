import type { BackupResult } from "../api/backups.ts";

export interface BackupThreadData {
  dataDir: string;
  directory: string;
  withDerived: boolean;
  bytesPerS: number;
}

export type FromBackup =
  | { kind: "progress"; doneBytes: number; totalBytes: number }
  /** Only the thread that has the file of sources and tokens open can copy it. */
  | { kind: "copyAccess"; to: string }
  | { kind: "done"; result: BackupResult }
  | { kind: "failed"; code: string; message: string; hint?: string };

/** The answer to `copyAccess`; null: it is done. */
export type ToBackup = { kind: "accessCopied"; failure: string | null };

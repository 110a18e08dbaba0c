/** A backup that was asked for: how far it is, or how it ended. Times ISO 8601. */
export interface BackupView {
  id: string;
  /** On the platform's machine. */
  directory: string;
  withDerived: boolean;
  status: "running" | "done" | "failed";
  startedAt: string;
  endedAt: string | null;
  doneBytes: number;
  /** Grows at the beginning, as files are found. */
  totalBytes: number;
  result: BackupResult | null;
  error: { code: string; message: string; hint?: string } | null;
}

export interface BackupResult {
  /** The log up to here is in it. */
  position: number;
  lastReceivedAt: string | null;
  /** What the state in it has decided; null without one. */
  statePosition: number | null;
  files: number;
  bytes: number;
  copiedBytes: number;
}

export interface BackupWish {
  /** Absolute, on the platform's machine. */
  directory: string;
  withDerived: boolean;
  bytesPerS: number;
}

export interface Backups {
  /**
   * `by`: the id of a token. Problem 409 `backup_running` while another is made; 422 `backup_directory_unusable`; 403
   * `backup_directory_not_allowed`.
   */
  start(wanted: BackupWish, by: string): Promise<BackupView>;
  /** One of the latest; null for others. */
  find(id: string): BackupView | null;
}

import type { Logger } from "pino";
import type { BackupResult } from "../api/backups.ts";
import type { Services } from "../api/services.ts";
import type { Examined, ExamineOptions } from "../runtime/doctor.ts";
import type { Restored, RestoreOptions } from "../runtime/restore.ts";
import type { Settings } from "../runtime/settings.ts";

/** A platform opened in this process. */
export interface Platform {
  services: Services;
  /** Resolves when everything accepted is decided and followed. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

export interface ServedPlatform {
  url: string;
  /** Made at the very first start, to be shown once. */
  firstRun: { writeKey?: string; token?: string };
  /** It stopped by itself, which the log tells, and the process is to end. */
  hasDied(): boolean;
  close(): Promise<void>;
}

/** What the command line needs of `runtime/embedded.ts`. */
export interface PlatformRuntime {
  readonly openPlatform: (settings: Settings) => Promise<Platform>;
  readonly servePlatform: (
    settings: Settings,
    options: {
      log: Logger;
      /** Whoever starts it makes its sources and tokens: no source `default` is wanted. */
      isPrepared?: boolean;
      /** The state is being made anew, which may take long. */
      onUpgrade?: () => void;
      /** It is there: what is told to stop from here on is a platform. */
      onUpgraded?: () => void;
    },
  ) => Promise<ServedPlatform>;
  readonly rebuildPlatform: (
    settings: Settings,
    options: { verify: boolean; progress: (done: number, total: number) => void },
  ) => Promise<{ records: number; differences: string[] }>;
  /** Of a directory that no server runs on. */
  readonly backUpDirectory: (settings: Settings, options: BackupOptions) => Promise<BackupResult>;
  readonly checkBackup: (
    directory: string,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ) => Promise<{ manifest: BackupManifest; faults: string[] }>;
  readonly restorePlatform: (settings: Settings, options: RestoreOptions) => Promise<Restored>;
  readonly examineDirectory: (settings: Settings, options: ExamineOptions) => Promise<Examined>;
}

interface BackupOptions {
  directory: string;
  withDerived: boolean;
  /** Null: as fast as it goes. */
  bytesPerS: number | null;
  progress: (doneBytes: number, totalBytes: number) => void;
}

/** What a backup says of itself. */
export interface BackupManifest {
  readonly platform: string;
  readonly madeAt: string;
  readonly position: number;
  readonly lastReceivedAt: string | null;
  readonly statePosition: number | null;
  readonly files: readonly { readonly bytes: number }[];
}

import type { Logger } from "pino";
import type { Services } from "../api/services.ts";
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
    },
  ) => Promise<ServedPlatform>;
  readonly rebuildPlatform: (
    settings: Settings,
    options: { verify: boolean; progress: (done: number, total: number) => void },
  ) => Promise<{ records: number; differences: string[] }>;
}

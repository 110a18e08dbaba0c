import type { Base } from "../adapters/embedded/base/manifest.ts";

export interface BaseThreadData {
  stateFile: string;
  directory: string;
  hashKey: Uint8Array;
  bytesPerS: number;
  /** So much is left free on the disk beside it. */
  minFreeBytes: number;
}

export type FromBase = { kind: "done"; base: Base } | { kind: "failed"; code: string; message: string };

import type { OtlpEncoding } from "./settings.ts";

export type Signal = "traces" | "metrics";

export interface ExportThreadData {
  /** Null: the signal is not sent. */
  encodings: Record<Signal, OtlpEncoding | null>;
}

/** One OTLP request, encoded. */
export interface ToExports {
  id: number;
  signal: Signal;
  bytes: Uint8Array;
}

export interface FromExports {
  id: number;
  /** Null: the collector has it. */
  failure: string | null;
}

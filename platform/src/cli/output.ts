import { Presets, SingleBar } from "cli-progress";
import type { CliIo } from "./io.ts";

export interface Progress {
  /** Absolute, in the unit of the total. */
  update(done: number): void;
  stop(): void;
}

/** Where a verb speaks: results on standard output, everything else on standard error. */
export interface Output {
  /** `--json`: results are one JSON document. */
  readonly json: boolean;
  /** Text of the result, as it is. */
  out(text: string): void;
  /** One JSON document of the result. */
  document(value: unknown): void;
  /** A line for the person who waits. */
  note(line: string): void;
  /** A bar on a terminal; nothing elsewhere, and nothing with `--json`. */
  progress(label: string, total: number, unit: string): Progress;
}

const progressFramesPerS = 8;

export function outputTo(io: CliIo, options: { json: boolean }): Output {
  return {
    json: options.json,
    out: (text) => {
      io.stdout(text);
    },
    document: (value) => {
      io.stdout(`${JSON.stringify(value, null, 2)}\n`);
    },
    note: (line) => {
      io.stderr(`${line}\n`);
    },
    progress: (label, total, unit) => {
      if (!io.isTerminal || options.json) return { update: () => {}, stop: () => {} };
      const bar = new SingleBar(
        {
          format: `${label} {bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted}`,
          fps: progressFramesPerS,
          hideCursor: true,
          clearOnComplete: true,
          stream: process.stderr,
        },
        Presets.shades_classic,
      );
      bar.start(Math.max(total, 1), 0);
      return {
        update: (done) => {
          bar.update(Math.min(done, total));
        },
        stop: () => {
          bar.stop();
        },
      };
    },
  };
}

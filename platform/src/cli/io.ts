import { setTimeout } from "node:timers/promises";
import type { PlatformRuntime } from "./platformRuntime.ts";

/** What a command line touches of the world; tests bring their own. */
export interface CliIo {
  readonly env: NodeJS.ProcessEnv;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Whether a person watches standard error: progress bars are for them only. */
  readonly isTerminal: boolean;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Calls back at each SIGINT and SIGTERM until the returned function is called. */
  onSignal(handler: () => void): () => void;
  /** Ends the process at once, whatever is still open. */
  exitNow(code: number): void;
  /** UTC ms. */
  now(): number;
  /** Rejects when `until` is aborted: a sleep that nobody waits for would keep the process alive. */
  sleep(ms: number, until?: AbortSignal): Promise<void>;
  /** Loads the platform itself, which most verbs against a running server never need. */
  loadRuntime(): Promise<PlatformRuntime>;
}

/** The real process. */
export function processIo(): CliIo {
  // A reader that has seen enough (`| head`) closes the pipe: that is its right, and no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
  });
  return {
    env: process.env,
    stdout: (text) => {
      process.stdout.write(text);
    },
    stderr: (text) => {
      process.stderr.write(text);
    },
    isTerminal: process.stderr.isTTY === true,
    stdin: process.stdin,
    onSignal: (handler) => {
      process.on("SIGINT", handler).on("SIGTERM", handler);
      return () => {
        process.off("SIGINT", handler).off("SIGTERM", handler);
      };
    },
    exitNow: (code) => process.exit(code),
    now: Date.now,
    sleep: async (ms, signal) => {
      await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
    },
    loadRuntime: () => import("../runtime/index.ts"),
  };
}

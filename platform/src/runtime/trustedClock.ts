import { lastReceivedAt } from "../adapters/embedded/backup/logFiles.ts";
import type { Position } from "../model/position.ts";

interface Clocks {
  /** UTC ms, as the machine says; it may have been set forward by years. */
  readonly wall: () => number;
  /** Ms since any moment, which nothing sets. */
  readonly uptimeMs: () => number;
}

/**
 * UTC ms that are never ahead of the time that is, as long as none of the log's last records is: when the log's newest
 * record was received, and how long this process has run since; earlier where the machine's clock says so. After a
 * silence it is behind by as much.
 */
export function trustedClock(newestAt: number, { wall, uptimeMs }: Clocks): () => number {
  const startedAt = uptimeMs();
  return () => Math.floor(Math.min(wall(), newestAt + uptimeMs() - startedAt));
}

/**
 * Before anything is received: UTC ms of what the log, which ends at `end`, received last. Where it never had anything, as
 * `wall` says; where its last records say no time, negative infinity: nothing is old then.
 */
export async function newestReceipt(log: string, end: Position, wall: () => number): Promise<number> {
  return (await lastReceivedAt(log, end)) ?? (end === 0 ? wall() : Number.NEGATIVE_INFINITY);
}

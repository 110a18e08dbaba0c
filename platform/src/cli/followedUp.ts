import { Problem } from "../model/problem.ts";
import type { CliIo } from "./io.ts";

/** How far the server is, as `/api/status` says it. */
export interface ServerProgress {
  now: string;
  acceptedRecords: number;
  pendingRecords: number;
  /** Null while it is not known. */
  analytics: { asOf: string | null };
  search: { asOf: string | null };
}

const pollMs = 200;
/** So long without any progress, somebody is told who is waited for. */
const quietMs = 10_000;
/** And so long, it is given up. A full copy into analytics or search shows no progress while it lasts. */
export const maxStallMs = 900_000;

/**
 * Resolves when everything that the server had accepted is decided and followed. Calls `onWait` once when nothing moves,
 * and throws Problem 503 `follower_stalled` when nothing has moved for {@link maxStallMs}; both say who is behind.
 */
export async function followedUp(
  status: () => Promise<ServerProgress>,
  sleep: CliIo["sleep"],
  onWait: (message: string) => void,
): Promise<void> {
  const goal = (await status()).acceptedRecords;
  let decidedAt: string | null = null;
  let last = "";
  let stalledMs = 0;
  for (;;) {
    const progress = await status();
    const { acceptedRecords, pendingRecords, now, analytics, search } = progress;
    // The counts start anew when the server does; nothing pending means the same.
    if (pendingRecords === 0 || acceptedRecords - pendingRecords >= goal) decidedAt ??= now;
    const behind = behindOf(progress, decidedAt);
    if (behind.length === 0) return;
    const seen = JSON.stringify([acceptedRecords - pendingRecords, analytics.asOf, search.asOf]);
    stalledMs = seen === last ? stalledMs + pollMs : 0;
    last = seen;
    if (stalledMs === quietMs) onWait(`Everything is taken and safe. Waiting for ${behind.join(" and ")} to catch up.`);
    if (stalledMs >= maxStallMs) throw stalled(behind);
    await sleep(pollMs);
  }
}

function behindOf({ analytics, search }: ServerProgress, decidedAt: string | null): string[] {
  if (decidedAt === null) return ["processing"];
  const isBehind = (asOf: string | null) => asOf === null || asOf < decidedAt;
  return [...(isBehind(analytics.asOf) ? ["analytics"] : []), ...(isBehind(search.asOf) ? ["search"] : [])];
}

function stalled(behind: readonly string[]): Problem {
  return new Problem(
    503,
    "follower_stalled",
    `Everything is taken and safe, but ${behind.join(" and ")} did not move for ${maxStallMs / 60_000} minutes.`,
    {
      hint: "The server's log says why. It catches up by itself once the cause is gone; c360 status tells how far it is.",
    },
  );
}

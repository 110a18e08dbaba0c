import { knownInTime } from "../api/knownInTime.ts";

/** How far a follower is behind, in seconds; NaN while that is not known: it is being started, or is stuck. */
export async function lagSeconds(
  follower: { status(): Promise<{ asOf: number }> } | undefined,
  now: () => number,
): Promise<number> {
  const status = follower === undefined ? null : await knownInTime(follower.status());
  return status === null ? Number.NaN : Math.max(0, (now() - status.asOf) / 1_000);
}

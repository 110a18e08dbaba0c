import { knownInTime } from "../api/knownInTime.ts";

/** How far a follower is behind, in seconds; NaN while that is not known: it is being started, copies, or is stuck. */
export async function lagSeconds(
  follower: { status(): Promise<{ asOf: number }> } | undefined,
  now: () => number,
): Promise<number> {
  const status = follower === undefined ? null : await knownInTime(follower.status());
  return status === null ? Number.NaN : secondsSince(status.asOf, now);
}

/** How far the review queue is behind, in seconds, and how many pairs wait in it; NaN while that is not known. */
export async function reviewFigures(
  reviews: { status(): Promise<{ asOf: number; waiting: number }> } | undefined,
  now: () => number,
): Promise<{ lagSeconds: number; waiting: number }> {
  const status = reviews === undefined ? null : await knownInTime(reviews.status());
  if (status === null) return { lagSeconds: Number.NaN, waiting: Number.NaN };
  return { lagSeconds: secondsSince(status.asOf, now), waiting: status.waiting };
}

/** 0: as of no time. */
function secondsSince(asOf: number, now: () => number): number {
  return asOf === 0 ? Number.NaN : Math.max(0, (now() - asOf) / 1_000);
}

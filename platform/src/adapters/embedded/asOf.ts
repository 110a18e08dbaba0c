/** Clocks are set right by less all the time. */
const mostAheadMs = 2_000;

/**
 * What a follower may go on saying that it holds everything up to, UTC ms. A time that lies ahead of `now` is of a clock
 * that has been set back since, and nothing is known by it: 0, until the follower has caught up once more.
 */
export function knownAsOf(asOf: number, now: number): number {
  return asOf > now + mostAheadMs ? 0 : asOf;
}

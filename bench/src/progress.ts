import { setTimeout as sleep } from "node:timers/promises";
import type { Server, ServerStatus } from "./server.ts";

const askEveryMs = 50;
/** Several may be under way: the server tells the pending records of when it was asked, and answers later when busy. */
const maxUnderWay = 8;

/**
 * UTC ms at which the server was first seen to satisfy `holds`, to 50 ms; null when it did not within `maxMs`. The
 * status is as old as the question, not the answer, so the time of asking counts.
 */
export async function firstTime(
  server: Pick<Server, "status">,
  holds: (status: ServerStatus) => boolean,
  maxMs: number,
): Promise<number | null> {
  const giveUpAt = Date.now() + maxMs;
  let first: number | null = null;
  let failure: unknown = null;
  const underWay = new Set<Promise<void>>();
  const ask = async (): Promise<void> => {
    const askedAt = Date.now();
    if (holds(await server.status())) first = Math.min(first ?? askedAt, askedAt);
  };
  while (first === null && failure === null && Date.now() < giveUpAt) {
    const asked = ask().catch((error: unknown) => {
      failure = error;
    });
    const settled = asked.finally(() => underWay.delete(settled));
    underWay.add(settled);
    if (underWay.size >= maxUnderWay) await Promise.race(underWay);
    else await sleep(askEveryMs);
  }
  await Promise.all(underWay);
  if (failure !== null) throw failure;
  return first;
}

const maxFollowMs = 60 * 60_000;

/**
 * Until search, SQL and timelines, and the review queue hold everything that is decided by now: what is measured next is
 * not to compete with them. `isReviewed` false: the review queue, which comes last for the processor, is not waited for.
 * The seconds that it took. Throws when they do not within an hour.
 */
export async function followed(server: Pick<Server, "status">, isReviewed = true): Promise<number> {
  const from = Date.now();
  const isFollowed = ({ searchAsOf, analyticsAsOf, reviewsAsOf }: ServerStatus): boolean =>
    Math.min(searchAsOf, analyticsAsOf, isReviewed ? reviewsAsOf : from) >= from;
  const at = await firstTime(server, isFollowed, maxFollowMs);
  if (at === null) throw new Error(`what follows was still behind ${maxFollowMs / 60_000} minutes later`);
  return (at - from) / 1_000;
}

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

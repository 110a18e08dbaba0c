import type { LinkageRun, OfferedPair, Reviews, ReviewSide } from "../../storage/reviews.ts";
import type { FoundPair } from "../linkage/linkProfiles.ts";
import type { LinkWriter } from "./links.ts";

/** How many pairs became what. */
export interface Taken {
  offered: number;
  linked: number;
}

/** Of one run: nobody reviews more, and the next run finds the rest. */
export const maxOfferedPairs = 50_000;

/**
 * What a linkage found, the most probable first: what is probable enough and agreed by all around becomes a link, the
 * rest goes to the queue. Two of a unique identifier each (a login) are never linked: only people say that they are one.
 */
export async function takeFound(
  pairs: readonly FoundPair[],
  run: LinkageRun,
  taken: Taken,
  { reviews, links, now }: { reviews: Reviews; links: LinkWriter; now: () => number },
): Promise<boolean> {
  const ids = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const sides = new Map((await reviews.sides(ids)).map((side) => [side.profileId, side]));
  const offered: OfferedPair[] = [];
  const linked: { pair: OfferedPair }[] = [];
  for (const pair of pairs) {
    const [a, b] = [sides.get(pair.a), sides.get(pair.b)];
    // Changed or gone since the linkage began: following compares it anew.
    if (a === undefined || b === undefined) continue;
    const made = offeredPair(pair, a, b, run);
    const isSure = run.automaticFrom !== null && pair.probability >= run.automaticFrom && pair.isCluster;
    if (isSure && !(a.isUnique && b.isUnique)) linked.push({ pair: made });
    else if (pair.probability >= run.reviewFrom) offered.push(made);
  }
  const refused = await links.link(
    linked.map(({ pair }) => pair),
    run,
  );
  taken.linked += linked.length - refused.length;
  const rest = [...offered, ...refused].slice(0, Math.max(0, maxOfferedPairs - taken.offered));
  taken.offered += await reviews.offer(rest, now());
  return taken.offered < maxOfferedPairs;
}

function offeredPair(pair: FoundPair, a: ReviewSide, b: ReviewSide, run: LinkageRun): OfferedPair {
  const { probability, weight, priorWeight, steps } = pair;
  const side = ({ profileId, anchor }: ReviewSide): ReviewSide => ({ profileId, anchor });
  return { a: side(a), b: side(b), probability, weight, priorWeight, steps, model: run.model ?? 0, origin: "run" };
}

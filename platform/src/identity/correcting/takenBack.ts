import { compareCorrections, pairName } from "../../model/correction.ts";
import type { Corrections } from "../../storage/corrections.ts";
import type { Planned } from "./wanted.ts";

/**
 * What has to be said so that it is as if these corrections had never been said: of each pair what held before them
 * holds again, an earlier verdict that they overruled or withdrew too. Of what somebody has said something else since,
 * that holds, and nothing is said.
 */
export async function takenBack(
  ids: readonly string[],
  corrections: Corrections,
): Promise<(Planned & { field: string })[]> {
  const own = new Set(ids);
  const planned: (Planned & { field: string })[] = [];
  for (const id of ids.toReversed()) {
    const said = await corrections.byId(id);
    if (said === null) continue;
    const ofPair = (await corrections.of([said.a])).filter((each) => pairName(each) === pairName(said));
    const inOrder = ofPair.toSorted(compareCorrections);
    if (inOrder.at(-1)?.id !== id) continue;
    const verdict = inOrder.findLast((each) => !own.has(each.id))?.verdict ?? "withdrawn";
    if (verdict !== said.verdict) planned.push({ verdict, a: said.a, b: said.b, field: "id" });
  }
  return planned;
}

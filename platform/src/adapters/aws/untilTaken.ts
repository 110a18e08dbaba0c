/** Of what a service refused in a request that it took otherwise: throttled shards, or its own failures. */
const maxRounds = 8;
const firstDelayMs = 50;
const maxDelayMs = 2_000;

export interface Waits {
  sleep: (ms: number) => Promise<void>;
  /** 0 to 1. */
  random: () => number;
}

/** Why a service did not take an item; `final`: nor would it at another time. */
export type Refusal = { why: string; isFinal: boolean };

/**
 * Sends items in one request, and what was refused of them again, alone, after a while that doubles. Resolves with why
 * each was not taken in the end, null where it was; never rejects. An item whose answer was lost may be there all the
 * same. `sendOnce` answers for each item that it is given, and rejects when it knows nothing of any: then the SDK has
 * tried to its end, and there is no other round. Nor is there once `signal` says that the time is over, which also ends
 * the request that is under way.
 */
export async function untilTaken<Item>(
  items: readonly Item[],
  sendOnce: (items: readonly Item[], signal: AbortSignal) => Promise<(Refusal | null)[]>,
  { sleep, random }: Waits,
  signal: AbortSignal,
): Promise<(string | null)[]> {
  const refusals: (string | null)[] = items.map(() => null);
  let left = items.map((_, at) => at);
  for (let round = 0; left.length > 0; round += 1) {
    const sent = left.map((at) => items[at] as Item);
    const answers = await sendOnce(sent, signal).catch((error: unknown) => sent.map(() => notAnswered(error)));
    for (const [index, at] of left.entries()) refusals[at] = answers[index]?.why ?? null;
    left = left.filter((_, index) => answers[index]?.isFinal === false);
    if (round === maxRounds - 1 || signal.aborted) break;
    if (left.length > 0) await sleep(Math.min(maxDelayMs, firstDelayMs * 2 ** round) * random());
    if (signal.aborted) break;
  }
  return refusals;
}

function notAnswered(error: unknown): Refusal {
  return { why: error instanceof Error ? error.name : "an error without a name", isFinal: true };
}

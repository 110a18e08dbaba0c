import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 25;

/** Waits until `check` gives something but null and false; throws, naming `what`, after `maxMs`. */
export async function until<T>(
  what: string,
  maxMs: number,
  check: () => Promise<T | null | false> | T | null | false,
): Promise<T> {
  const giveUpAt = Date.now() + maxMs;
  for (;;) {
    const found = await check();
    if (found !== null && found !== false) return found;
    if (Date.now() > giveUpAt) throw new Error(`not within ${maxMs} ms: ${what}`);
    await sleep(pollMs);
  }
}

/** The work's result; throws, naming `what`, when it takes longer than `maxMs`. */
export async function within<T>(what: string, maxMs: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(maxMs, "late" as const, { signal: timer.signal }).catch(() => "late" as const);
  try {
    const first = await Promise.race([work.then((value) => ({ value })), late]);
    if (first === "late") throw new Error(`not within ${maxMs} ms: ${what}`);
    return first.value;
  } finally {
    timer.abort();
  }
}

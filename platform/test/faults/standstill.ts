const lookEveryMs = 500;
/** A busy machine delays a timer by less. */
const leastMs = 8_000;

/**
 * Whether this process itself was stopped meanwhile, or its machine slept: then what ran into a timeout proves nothing.
 * Gives a function that tells for how many milliseconds since this call; it never goes back, so that whoever looks at a
 * part of the time subtracts.
 */
export function watchStandstill(): () => number {
  let seenAt = performance.now();
  let stoodMs = 0;
  const look = (): number => {
    const now = performance.now();
    const gap = now - seenAt - lookEveryMs;
    if (gap > leastMs) stoodMs += gap;
    seenAt = now;
    return stoodMs;
  };
  setInterval(look, lookEveryMs).unref();
  return look;
}

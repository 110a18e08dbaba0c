const lookEveryMs = 500;
/** A busy machine delays a timer by less. */
const leastMs = 8_000;

/**
 * Whether this process itself was stopped meanwhile, or its machine slept: then what ran into a timeout proves nothing.
 * Gives a function that tells for how many milliseconds since the last time it was asked.
 */
export function watchStandstill(): () => number {
  let seenAt = performance.now();
  let stoodMs = 0;
  const look = (): void => {
    const now = performance.now();
    const gap = now - seenAt - lookEveryMs;
    if (gap > leastMs) stoodMs += gap;
    seenAt = now;
  };
  setInterval(look, lookEveryMs).unref();
  return () => {
    look();
    const told = stoodMs;
    stoodMs = 0;
    return told;
  };
}

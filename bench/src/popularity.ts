/** Customers ranked better than this share of all are hot about alike: nobody has a tenth of a shop's visits. */
const flatHead = 0.001;

/**
 * Which of `profiles` customers acts next, from a uniform `fraction` in [0, 1): Zipf–Mandelbrot with exponent 1
 * (weight of rank k is 1 ÷ (k + q), q = a thousandth of the customers), by inversion of its continuous form. The best
 * hundredth of the customers has a third of the events, the best tenth two thirds, the busiest one of a million one in
 * 7,000. Ranks are scattered over the indices, so that hot customers do not lie side by side in any store.
 */
export function popularityOf(profiles: number): (fraction: number) => number {
  const head = Math.max(1, profiles * flatHead);
  const span = (profiles + head) / head;
  const stride = strideFor(profiles);
  return (fraction) => {
    const rank = Math.min(profiles - 1, Math.floor(head * span ** fraction - head));
    return (rank * stride) % profiles;
  };
}

/** Multiplying by a number without common divisor is a permutation; the product stays exact up to 10^9 customers. */
export function strideFor(profiles: number): number {
  let stride = 7_368_787;
  while (commonDivisor(stride, profiles) > 1) stride += 2;
  return stride;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** Buckets within each power of two: a quantile is at most 1 ÷ 64 too high. */
const bucketsPerOctave = 64;
const exactBelow = 64;
const octaves = 27;
const maxMicros = 2 ** 32 - 1;

/** What crosses a process's border: bucket and count, by turns. */
export type PackedHistogram = readonly number[];

/** Counts durations by size in logarithmic buckets (as HdrHistogram does), so that millions cost a few KB. */
export interface LatencyHistogram {
  recordMs(ms: number): void;
  count(): number;
  /** Ms below or at which the share `quantile` (0 … 1) of the durations lies; NaN when there are none. */
  quantileMs(quantile: number): number;
  add(packed: PackedHistogram): void;
  pack(): PackedHistogram;
}

export function latencyHistogram(): LatencyHistogram {
  const counts = new Float64Array(octaves * bucketsPerOctave);
  let total = 0;
  return {
    count: () => total,
    recordMs: (ms) => {
      const bucket = bucketOf(Math.round(ms * 1_000));
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      total++;
    },
    quantileMs: (quantile) => {
      if (total === 0) return Number.NaN;
      const wanted = Math.max(1, Math.ceil(quantile * total));
      let seen = 0;
      for (let bucket = 0; bucket < counts.length; bucket++) {
        seen += counts[bucket] ?? 0;
        if (seen >= wanted) return highestOf(bucket) / 1_000;
      }
      return maxMicros / 1_000;
    },
    add: (packed) => {
      for (let at = 0; at + 1 < packed.length; at += 2) {
        const bucket = packed[at] as number;
        const count = packed[at + 1] as number;
        counts[bucket] = (counts[bucket] ?? 0) + count;
        total += count;
      }
    },
    pack: () => {
      const packed: number[] = [];
      for (const [bucket, count] of counts.entries()) if (count > 0) packed.push(bucket, count);
      return packed;
    },
  };
}

function bucketOf(micros: number): number {
  const value = Math.min(maxMicros, Math.max(0, micros));
  if (value < exactBelow) return value;
  const exponent = 31 - Math.clz32(value);
  return (exponent - 5) * bucketsPerOctave + ((value >>> (exponent - 6)) & 63);
}

/** The largest value, in µs, that the bucket counts. */
function highestOf(bucket: number): number {
  if (bucket < exactBelow) return bucket;
  const octave = Math.floor(bucket / bucketsPerOctave);
  const width = 2 ** (octave - 1);
  return (exactBelow + (bucket % bucketsPerOctave) + 1) * width - 1;
}

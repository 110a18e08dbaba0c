/** Records by source, and of all together; a source with none is not kept. */
export interface SourceCounts {
  add(source: string, records: number): void;
  of(source: string): number;
  total(): number;
  /** How many sources share the total: as many as would have it in equal parts (its square over the sum of squares). */
  sharers(): number;
}

export function sourceCounts(): SourceCounts {
  const bySource = new Map<string, number>();
  let total = 0;
  let squares = 0;
  return {
    add: (source, records) => {
      total += records;
      const before = bySource.get(source) ?? 0;
      const left = before + records;
      squares += left ** 2 - before ** 2;
      if (left === 0) bySource.delete(source);
      else bySource.set(source, left);
    },
    of: (source) => bySource.get(source) ?? 0,
    total: () => total,
    sharers: () => (squares === 0 ? 0 : total ** 2 / squares),
  };
}

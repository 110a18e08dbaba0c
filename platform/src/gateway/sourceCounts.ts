/** Records by source, and of all together; a source with none is not kept. */
export interface SourceCounts {
  add(source: string, records: number): void;
  of(source: string): number;
  total(): number;
}

export function sourceCounts(): SourceCounts {
  const bySource = new Map<string, number>();
  let total = 0;
  return {
    add: (source, records) => {
      total += records;
      const left = (bySource.get(source) ?? 0) + records;
      if (left === 0) bySource.delete(source);
      else bySource.set(source, left);
    },
    of: (source) => bySource.get(source) ?? 0,
    total: () => total,
  };
}

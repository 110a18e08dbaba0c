/**
 * Larger batches share look-ups, and what many of their events change is written once: of 30,000 each costs a quarter
 * less than of 5,000. A batch is as large as can be decided in about so long, which is how long a stop, or an event that
 * comes just after it began, waits for it.
 */
const batchMs = 750;
export const fewestInBatch = 5_000;
export const mostInBatch = 30_000;
/** Too few to tell from them how long more would take. */
const tellingRecords = 1_000;

export interface BatchSize {
  /** Records of the next batch, at most. */
  most(): number;
  /** So many records were read and decided in so many milliseconds. */
  decided(records: number, ms: number): void;
}

/** Of what may wait in all: a batch that is most of it lets in nobody while it is decided, and then all at once. */
const partOfWaiting = 5;

/** As many as the last batch's speed allows, at most twice as many as it had, and no fewer than are worth a batch. */
export function batchSize(maxPendingRecords = Number.POSITIVE_INFINITY): BatchSize {
  const upTo = Math.min(mostInBatch, Math.ceil(maxPendingRecords / partOfWaiting));
  const atLeast = Math.min(fewestInBatch, upTo);
  let most = atLeast;
  return {
    most: () => most,
    decided: (records, ms) => {
      if (records < tellingRecords) return;
      const decidable = Math.floor((records * batchMs) / Math.max(1, ms));
      // What comes next may cost many times as much: it grows step by step.
      const next = Math.min(decidable, 2 * records);
      most = Math.min(upTo, Math.max(atLeast, next));
    },
  };
}

/**
 * From the beginning of one batch to that of the next, at least, while the processor is short: each commit writes the
 * pages that its events touch, and of a few events hardly any are the same.
 */
const gatherMs = 50;

/** How long the next batch waits for more, where the last one began so long ago, in ms. */
export function gathersForMs(sinceLastMs: number, isShort: boolean): number {
  return isShort ? Math.max(0, gatherMs - sinceLastMs) : 0;
}

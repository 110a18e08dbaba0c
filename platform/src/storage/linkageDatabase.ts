/** Cells of a small answer. Integers beyond 2^53 come as numbers and lose digits: cast them to text. */
export type LinkageCell = string | number | null;

/**
 * Where a linkage runs: a database of its own that speaks DuckDB's SQL, empty at first, gone when closed. Tables that
 * one call makes are there for the next; calls come one after the other. Problem 422 `file_unreadable` when a file
 * that SQL names cannot be read; Problem 507 `linkage_too_large` when memory and spill space do not suffice.
 */
export interface LinkageDatabase {
  /** A statement whose answer nobody needs. `onProgress`: percent of it, while it runs, when the engine knows. */
  run(sql: string, onProgress?: (percent: number) => void): Promise<void>;
  /** An answer small enough to hold as rows (at most `maxAnswerRows`). */
  rows(sql: string): Promise<LinkageCell[][]>;
  /** An answer of numbers without nulls, by column: millions of rows are fine. `count` is at least the row count. */
  numbers(sql: string, columns: number, count: number): Promise<Float64Array[]>;
  /** Text cells, in order, a batch at a time: for writing results. */
  stream(sql: string): AsyncIterable<LinkageCell[][]>;
  /** A new table of numbers, `columns` by name and all of one length. */
  load(table: string, columns: Readonly<Record<string, ArrayLike<number>>>): Promise<void>;
  /** Rows of texts at the end of a table of VARCHAR columns, by column: some thousand at a time. */
  appendTexts(table: string, columns: readonly (readonly (string | null)[])[]): Promise<void>;
  /** What runs now ends with Problem 409 `linkage_cancelled`. */
  interrupt(): void;
  close(): void;
}

/** Why a row of a file cannot be used: what is wrong and how to mend it; never quotes the value. */
export interface RowFault {
  /** Machine-readable: `wrong_column_count`, `not_a_number`, … */
  readonly code: string;
  readonly message: string;
  /** The column's name, where one column is to blame. */
  readonly column?: string;
}

/** One row of a file, whatever its format. */
export interface FileRow {
  /** Line of the file on which the row starts, from 1 (Parquet: the row's number, from 1). */
  readonly line: number;
  /** As text, in the order in which the columns were asked for; null where the row has no value. */
  readonly cells: readonly (string | null)[];
  /** Set when the row is malformed; its cells are then a best guess, good enough to tell which order it belongs to. */
  readonly fault: RowFault | null;
}

export interface RowBatch {
  readonly rows: readonly FileRow[];
  /** Of the file, so far; for progress. */
  readonly bytesRead: number;
}

/**
 * Reads the named columns of a columnar file, in the file's order, in bounded memory. Numbers, dates and times come as
 * the text that the engine prints (`2.55`, `2010-12-01 08:26:00`), nested values as JSON.
 *
 * Throws Problem 422 `file_unreadable` (damaged, or another format) and `column_missing`, before the first batch.
 */
export type ReadRowFile = (file: string, columns: readonly string[]) => AsyncIterable<RowBatch>;

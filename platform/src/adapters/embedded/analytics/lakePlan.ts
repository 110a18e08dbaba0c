import type { LakeFile } from "./lakeCatalog.ts";

/** Rows that become one file: of one bucket and of some months, one after the other. */
export type FileGroup = Omit<LakeFile, "path" | "checksum">;

export interface MergeLimits {
  /** More files of the same months and bucket than these are merged. */
  maxFilesPerBucket: number;
  /** Files with at least so many rows are not merged with others of the same months any more. */
  maxMergedRows: number;
  /** So many files of one bucket, one after the other in time, are merged into one if they have no more rows than... */
  maxSparseFiles: number;
  /** ...these together: so that where little happened a month, a file is of years. */
  sparseRows: number;
}

/**
 * Groups of hot rows, one a month and bucket, put together into files: months of a bucket with fewer rows than
 * `leastRows` share one, up to about so many. Without it, an import of half a century would make ten thousand files.
 */
export function fileGroups(months: readonly FileGroup[], leastRows: number): FileGroup[] {
  const ordered = months.toSorted((one, other) => one.bucket - other.bucket || compare(one.month, other.month));
  const groups: FileGroup[] = [];
  for (const month of ordered) {
    const before = groups.at(-1);
    const isShared = before?.bucket === month.bucket && before.rows + month.rows <= leastRows;
    if (before !== undefined && isShared) groups[groups.length - 1] = spanOf([before, month]);
    else groups.push(month);
  }
  return groups;
}

/**
 * Files that are to become one, or null where there are none. Each merge makes the files at least seven fewer, so that a
 * row is not written again for every few that come.
 */
export function nextMerge(files: readonly LakeFile[], limits: MergeLimits): LakeFile[] | null {
  return mergeOfSameMonths(files, limits) ?? mergeOfSparseMonths(files, limits);
}

function mergeOfSameMonths(files: readonly LakeFile[], limits: MergeLimits): LakeFile[] | null {
  const small = files.filter(({ rows }) => rows < limits.maxMergedRows);
  const groups = Map.groupBy(small, ({ month, untilMonth, bucket }) => `${month}/${untilMonth}/${bucket}`);
  for (const group of groups.values()) if (group.length > limits.maxFilesPerBucket) return group;
  return null;
}

/** The longest run of a bucket's files in order of time that is long enough and has few enough rows. */
function mergeOfSparseMonths(files: readonly LakeFile[], limits: MergeLimits): LakeFile[] | null {
  const { maxSparseFiles, sparseRows } = limits;
  const small = files.filter(({ rows }) => rows < sparseRows);
  let longest: LakeFile[] = [];
  for (const bucket of Map.groupBy(small, (file) => file.bucket).values()) {
    if (bucket.length < maxSparseFiles) continue;
    const ordered = bucket.toSorted(inTime);
    let from = 0;
    let rows = 0;
    for (const [nth, file] of ordered.entries()) {
      rows += file.rows;
      for (; rows > sparseRows; from += 1) rows -= ordered[from]?.rows ?? 0;
      if (nth + 1 - from > longest.length) longest = ordered.slice(from, nth + 1);
    }
  }
  return longest.length >= maxSparseFiles ? longest : null;
}

function inTime(one: LakeFile, other: LakeFile): number {
  return compare(one.month, other.month) || compare(one.untilMonth, other.untilMonth) || compare(one.path, other.path);
}

/** What one file with all of their rows would be. They are of one bucket, and at least one. */
export function spanOf(groups: readonly FileGroup[]): FileGroup {
  const least = (of: (group: FileGroup) => string): string => groups.map(of).sort(compare)[0] ?? "";
  return {
    month: least(({ month }) => month),
    untilMonth:
      groups
        .map(({ untilMonth }) => untilMonth)
        .sort(compare)
        .at(-1) ?? "",
    bucket: groups[0]?.bucket ?? 0,
    first: Math.min(...groups.map(({ first }) => first)),
    last: Math.max(...groups.map(({ last }) => last)),
    rows: groups.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** `2026-01`, or `1970-05--2024-12`, as in the folder's name. */
export function monthsText({ month, untilMonth }: Pick<FileGroup, "month" | "untilMonth">): string {
  return month === untilMonth ? month : `${month}--${untilMonth}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { LogDisk } from "./disk.ts";
import { damaged, encodeSegmentHeader } from "../../../buffer/segment/format.ts";
import type { SegmentHeader } from "../../../buffer/segment/format.ts";

const segmentName = /^(\d{10})\.log$/;
const unfinishedName = /^\d{10}\.log\.new$/;

/** Named by number only, ten digits, so that names sort as numbers and say nothing. */
export function segmentPath(directory: string, segment: number): string {
  return join(directory, `${String(segment).padStart(10, "0")}.log`);
}

/**
 * Numbers of the segments in `directory`, ascending; empty when it does not exist. A gap is damage: a file is missing.
 */
export async function listSegments(directory: string): Promise<number[]> {
  const names = await namesIn(directory);
  const segments = names.flatMap((name) => segmentName.exec(name)?.[1] ?? []).map(Number);
  segments.sort((a, b) => a - b);
  for (const [index, segment] of segments.entries()) {
    const expected = segments[0]! + index;
    if (segment !== expected) throw damaged(expected, 0, "the segment's file is missing");
  }
  return segments;
}

/** What a crash left of a segment that was being made: it held nothing yet. */
export async function removeUnfinished(disk: LogDisk, directory: string): Promise<void> {
  for (const name of await namesIn(directory)) {
    if (unfinishedName.test(name)) await disk.remove(join(directory, name));
  }
}

/**
 * A new segment that holds its header only, durable under its name, opened for writing. It gets its name when its
 * header is on disk, so a segment without a whole header is damage, never a crash's trace.
 */
export async function createSegment(disk: LogDisk, directory: string, header: SegmentHeader): Promise<number> {
  const path = segmentPath(directory, header.segment);
  const fd = await disk.open(`${path}.new`, true);
  try {
    await disk.write(fd, encodeSegmentHeader(header), 0);
    await disk.sync(fd);
    await disk.rename(`${path}.new`, path);
    await disk.syncDirectory(directory);
    return fd;
  } catch (error) {
    await disk.close(fd);
    throw error;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

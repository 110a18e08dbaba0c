import { constants, crc32, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Problem } from "../../model/problem.ts";
import { damaged, segmentHeaderBytes, type SegmentHeader } from "./format.ts";

/** The bytes of a segment as it was written, however they are kept: positions lead to the same of them for ever. */
export interface SegmentBytes {
  /** How many there are now; of a growing segment more each time. */
  size(): number;
  /** From `offset` on `least` bytes or more, or as many as there are. Never written to again. */
  read(offset: number, least: number): Promise<Buffer>;
}

/** A whole file or object, wherever it is. */
export interface StoredBytes {
  readonly size: number;
  /** Reads until `into` is full or there is no more; gives how many bytes that were. */
  read(into: Buffer, at: number): Promise<number>;
}

/**
 * An archived segment, as docs/formats/event-log.md lays it down: a header of version 2, the bytes of the segment as it
 * was written in blocks of one size, each compressed by itself (zstd), a table of them, and a trailer. So any byte of the
 * segment is found by reading one block.
 */
export interface ArchiveTable {
  /** Of the segment as it was written. */
  readonly plainBytes: number;
  /** Of each block but the last, as it was written. */
  readonly blockBytes: number;
  readonly blocks: readonly ArchivedBlock[];
}

export interface ArchivedBlock {
  /** In the file, compressed. */
  readonly bytes: number;
  /** CRC-32 of the compressed bytes, from the segment's salt. */
  readonly checksum: number;
}

const archiveTrailerBytes = 20;
const entryBytes = 8;
const trailerMagic = Buffer.from("C360ARC\n", "latin1");
/** Larger ones would be smaller where they are kept by a few per cent, and each look-up reads a whole one. */
export const defaultBlockBytes = 131_072;
/** Of 1 to 22. At 9 events become 8 % smaller, for four times the processor's time. */
const compressionLevel = 3;
const leastBlockBytes = 512;
const mostBlockBytes = 16_777_216;
/** Blocks that are kept as they were written: one who reads on, and one who looks up, both come back to theirs. */
const keptBlocks = 2;
/** zlib asks for another buffer once one is full. */
const outputSlackBytes = 64;

export function compressedBlock(plain: Buffer): Buffer {
  return zstdCompressSync(plain, {
    params: {
      [constants.ZSTD_c_compressionLevel]: compressionLevel,
      // The block's own checksum is in the table.
      [constants.ZSTD_c_checksumFlag]: 0,
    },
  });
}

/** Table and trailer, which end the file. */
export function encodeTable({ plainBytes, blockBytes, blocks }: ArchiveTable, salt: number): Buffer {
  const tableBytes = blocks.length * entryBytes;
  const bytes = Buffer.alloc(tableBytes + archiveTrailerBytes);
  blocks.forEach((block, nth) => {
    bytes.writeUInt32LE(block.bytes, nth * entryBytes);
    bytes.writeUInt32LE(block.checksum, nth * entryBytes + 4);
  });
  bytes.writeUInt32LE(plainBytes, tableBytes);
  bytes.writeUInt32LE(blockBytes, tableBytes + 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, tableBytes + 8), salt), tableBytes + 8);
  trailerMagic.copy(bytes, tableBytes + 12);
  return bytes;
}

/** Reads the table, and from then on any part of the segment. Problem `log_damaged`, then and at each read. */
export async function openArchivedBytes(file: StoredBytes, header: SegmentHeader): Promise<SegmentBytes> {
  const table = await readTable(file, header);
  const offsets = [segmentHeaderBytes];
  for (const { bytes } of table.blocks) offsets.push((offsets.at(-1) ?? 0) + bytes);
  const { plainBytes, blockBytes } = table;
  const kept = new Map<number, Buffer>();

  async function block(nth: number): Promise<Buffer> {
    const held = kept.get(nth);
    if (held !== undefined) return held;
    const entry = table.blocks[nth]!;
    const bytes = await decompressed({ file, header, table, nth, offset: offsets[nth]!, entry });
    kept.set(nth, bytes);
    const [oldest] = kept.keys();
    if (kept.size > keptBlocks && oldest !== undefined) kept.delete(oldest);
    return bytes;
  }

  return {
    size: () => plainBytes,
    async read(offset, least) {
      const end = Math.min(plainBytes, offset + least);
      if (offset >= end) return Buffer.alloc(0);
      const first = Math.floor(offset / blockBytes);
      const last = Math.floor((end - 1) / blockBytes);
      const within = offset - first * blockBytes;
      if (first === last) return (await block(first)).subarray(within);
      const bytes = Buffer.allocUnsafeSlow(Math.min(plainBytes, (last + 1) * blockBytes) - offset);
      let filled = (await block(first)).copy(bytes, 0, within);
      for (let nth = first + 1; nth <= last; nth += 1) filled += (await block(nth)).copy(bytes, filled);
      return bytes;
    },
  };
}

/** On this thread, in a fraction of a millisecond: those of the pool write the log. */
async function decompressed(what: {
  file: StoredBytes;
  header: SegmentHeader;
  table: ArchiveTable;
  nth: number;
  offset: number;
  entry: ArchivedBlock;
}): Promise<Buffer> {
  const { file, header, table, nth, offset, entry } = what;
  const hurt = (): Problem =>
    damaged(header.segment, offset, `block ${nth} of the archived segment does not have its checksum`);
  const bytes = Buffer.allocUnsafeSlow(entry.bytes);
  if ((await file.read(bytes, offset)) !== entry.bytes) throw hurt();
  if (crc32(bytes, header.salt) !== entry.checksum) throw hurt();
  const expected = Math.min(table.blockBytes, table.plainBytes - nth * table.blockBytes);
  const options = { maxOutputLength: expected + outputSlackBytes, chunkSize: expected + outputSlackBytes };
  const plain = zstdDecompressSync(bytes, options);
  if (plain.length !== expected) throw hurt();
  return plain;
}

async function readTable(file: StoredBytes, { segment, salt }: SegmentHeader): Promise<ArchiveTable> {
  const fileBytes = file.size;
  const hurt = (what: string): Problem => damaged(segment, Math.max(0, fileBytes - archiveTrailerBytes), what);
  const trailer = Buffer.alloc(archiveTrailerBytes);
  const trailerAt = fileBytes - archiveTrailerBytes;
  if (trailerAt < segmentHeaderBytes) throw hurt("the archived segment is cut short");
  await file.read(trailer, trailerAt);
  if (!trailer.subarray(12).equals(trailerMagic)) throw hurt("the archived segment does not end as one");
  const plainBytes = trailer.readUInt32LE(0);
  const blockBytes = trailer.readUInt32LE(4);
  const isPossible = plainBytes > segmentHeaderBytes && blockBytes >= leastBlockBytes && blockBytes <= mostBlockBytes;
  const count = isPossible ? Math.ceil(plainBytes / blockBytes) : 0;
  const tableAt = trailerAt - count * entryBytes;
  const isTable = isPossible && tableAt > segmentHeaderBytes;
  const bytes = Buffer.alloc(isTable ? fileBytes - tableAt : 0);
  await file.read(bytes, tableAt);
  const checked = bytes.length - archiveTrailerBytes + 8;
  if (!isTable || crc32(bytes.subarray(0, checked), salt) !== trailer.readUInt32LE(8)) {
    throw hurt("the table of the archived segment does not have its checksum");
  }
  const blocks = Array.from({ length: count }, (_, nth) => ({
    bytes: bytes.readUInt32LE(nth * entryBytes),
    checksum: bytes.readUInt32LE(nth * entryBytes + 4),
  }));
  const blocksEnd = blocks.reduce((sum, block) => sum + block.bytes, segmentHeaderBytes);
  if (blocksEnd !== tableAt) throw hurt("the blocks of the archived segment do not fill it");
  return { plainBytes, blockBytes, blocks };
}

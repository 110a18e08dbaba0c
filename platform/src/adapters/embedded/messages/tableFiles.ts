import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/**
 * The checksums of LevelDB's table files, which its binding cannot have checked (leveldb/doc/table_format.md): a table
 * is blocks, each followed by a type byte and the masked CRC-32C of both; the footer leads to the index of data blocks
 * and to that of meta blocks.
 */
const footerBytes = 48;
const trailerBytes = 5;
const magic = 0xdb4775248b80fb57n;
const uncompressed = 0;
/** Far more than any block has: what says more is damaged. */
const maxBlockBytes = 256 << 20;

/** Null when every block has its checksum, else what is wrong. */
export function tableFault(file: string): string | null {
  const fd = openSync(file, "r");
  try {
    const size = fstatSync(fd).size;
    if (size < footerBytes) return "it is cut short";
    const footer = bytesAt(fd, size - footerBytes, footerBytes);
    if (footer.readBigUInt64LE(footerBytes - 8) !== magic) return "it does not end as a table does";
    const meta = handleAt(footer, 0);
    const index = handleAt(footer, meta.end);
    for (const { handle } of [meta, index]) {
      const fault = indexFault(fd, handle, size);
      if (fault !== null) return fault;
    }
    return null;
  } catch (error) {
    if (error instanceof RangeError) return "it leads outside of itself";
    throw error;
  } finally {
    closeSync(fd);
  }
}

interface Handle {
  offset: number;
  size: number;
}

/** Of a block that names blocks, and of these. */
function indexFault(fd: number, handle: Handle, fileBytes: number): string | null {
  const block = checkedBlock(fd, handle, fileBytes);
  if (block === null) return `byte ${handle.offset}: a block does not have its checksum`;
  for (const named of handlesIn(block)) {
    if (checkedBlock(fd, named, fileBytes) === null) return `byte ${named.offset}: a block does not have its checksum`;
  }
  return null;
}

/** The block's content; null where it has not its checksum. */
function checkedBlock(fd: number, { offset, size }: Handle, fileBytes: number): Buffer | null {
  if (size > maxBlockBytes || offset + size + trailerBytes > fileBytes - footerBytes) return null;
  const bytes = bytesAt(fd, offset, size + trailerBytes);
  const found = masked(crc32c(bytes.subarray(0, size + 1)));
  if (found !== bytes.readUInt32LE(size + 1) || bytes[size] !== uncompressed) return null;
  return bytes.subarray(0, size);
}

/** Values of a block's entries: each is a handle. */
function handlesIn(block: Buffer): Handle[] {
  const handles: Handle[] = [];
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - restarts * 4;
  for (let at = 0; at < end;) {
    const shared = varint(block, at);
    const unshared = varint(block, shared.end);
    const length = varint(block, unshared.end);
    const value = length.end + unshared.value;
    handles.push(handleAt(block, value).handle);
    at = value + length.value;
  }
  return handles;
}

function handleAt(bytes: Buffer, at: number): { handle: Handle; end: number } {
  const offset = varint(bytes, at);
  const size = varint(bytes, offset.end);
  return { handle: { offset: offset.value, size: size.value }, end: size.end };
}

/** Seven bits a byte, the least first. Throws a RangeError past the end. */
function varint(bytes: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (let end = at; ; end++) {
    const byte = bytes.readUInt8(end);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: end + 1 };
    scale *= 128;
    if (scale > Number.MAX_SAFE_INTEGER) throw new RangeError("a number too long");
  }
}

function bytesAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(fd, bytes, 0, length, offset) !== length) throw new RangeError("past the end");
  return bytes;
}

/** CRC-32 with Castagnoli's polynomial, bit-reflected. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) {
    crc = (crcTable[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** A checksum that is stored within what is checksummed is masked, as LevelDB does. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

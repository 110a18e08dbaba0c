import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventBufferReader } from "../buffer/eventBuffer.ts";
import type { Position } from "../model/position.ts";

/** Of one read of the log at a start: a turn of the event loop is short, and answers go out between. */
const maxReadRecords = 500;
const maxReadBytes = 256 << 10;
const blockRecords = 4_096;

/**
 * Where the messages are that are durable and not yet decided. Twelve bytes a record, so that a full backlog of a
 * million takes 12 MB, and looking through all of it about two milliseconds.
 */
export interface PendingMessages {
  /** Keys of messages, and where `append` put them; positions ascend over calls. */
  add(messages: readonly string[], positions: readonly Position[]): void;
  /** Everything before `position` is decided, and forgotten here. */
  decided(position: Position): void;
  /** Positions that may hold one of the messages, ascending: a few may hold another, none that does is missing. */
  find(keys: readonly string[]): Promise<Position[]>;
  close(): Promise<void>;
}

/** `from` to `until` are what an earlier process left undecided: read in the background, a little in each turn. */
export function pendingMessages(left: { log: EventBufferReader; from: Position; until: Position }): PendingMessages {
  const [before, since] = [fingerprints(), fingerprints()];
  let isClosed = false;
  const fill = async (): Promise<void> => {
    for (let at = left.from; at < left.until && !isClosed;) {
      const { records, next } = await left.log.read(at, left.until, maxReadRecords, maxReadBytes);
      for (const { message, position } of records) before.add(message, position);
      if (next <= at) return;
      at = next;
      await nextTurn();
    }
  };
  const filled = fill();
  // Whoever looks for something hears of it.
  filled.catch(() => undefined);
  return {
    add: (messages, positions) => {
      for (const [index, message] of messages.entries()) since.add(message, positions[index] as Position);
    },
    decided: (position) => {
      before.forget(position);
      since.forget(position);
    },
    find: async (keys) => {
      await filled;
      return [...before.find(keys), ...since.find(keys)];
    },
    close: async () => {
      isClosed = true;
      await filled.catch(() => undefined);
    },
  };
}

interface Block {
  prints: Uint32Array;
  positions: Float64Array;
  count: number;
}

interface Fingerprints {
  add(key: string, position: Position): void;
  forget(until: Position): void;
  find(keys: readonly string[]): Position[];
}

function fingerprints(): Fingerprints {
  const blocks: Block[] = [];
  return {
    add: (key, position) => {
      let block = blocks.at(-1);
      if (block === undefined || block.count === blockRecords) {
        block = { prints: new Uint32Array(blockRecords), positions: new Float64Array(blockRecords), count: 0 };
        blocks.push(block);
      }
      block.prints[block.count] = fingerprint(key);
      block.positions[block.count] = position;
      block.count += 1;
    },
    forget: (until) => {
      const kept = blocks.findIndex(({ positions, count }) => (positions[count - 1] as Position) >= until);
      blocks.splice(0, kept === -1 ? blocks.length : kept);
    },
    find: (keys) => {
      const wanted = new Set(keys.map(fingerprint));
      // One pass for any number of keys: most records are told apart by a table of the lower halves.
      const lower = new Uint8Array(0x1_0000);
      for (const print of wanted) lower[print & 0xffff] = 1;
      const found: Position[] = [];
      for (const { prints, positions, count } of blocks) {
        for (let index = 0; index < count; index++) {
          const print = prints[index] as number;
          if (lower[print & 0xffff] === 1 && wanted.has(print)) found.push(positions[index] as Position);
        }
      }
      return found;
    },
  };
}

/** 32 bits of what is a keyed hash already. */
function fingerprint(key: string): number {
  let print = 0;
  for (let index = 0; index < key.length; index++) print = (Math.imul(print, 31) + key.charCodeAt(index)) | 0;
  return print >>> 0;
}

import { position } from "../../../model/position.ts";
import { openEventLogReader } from "./reader.ts";

const chunkRecords = 1_000;
const chunkBytes = 1 << 20;
const receivedAt = Buffer.from('"receivedAt":');
const body = Buffer.from(',"body":');

/**
 * UTC ms: when the last of a sealed segment's records was received, by what they say; negative infinity where none says
 * so. `pace` is called with the bytes of each chunk, and may wait. Problem `log_damaged`.
 */
export async function latestReceipt(
  directory: string,
  segment: number,
  pace: (bytes: number) => Promise<void>,
): Promise<number> {
  const reader = openEventLogReader(directory);
  let latest = Number.NEGATIVE_INFINITY;
  try {
    const end = position(segment + 1, 0);
    for (let at = position(segment, 0); at < end;) {
      const { records, next } = await reader.read(at, end, chunkRecords, chunkBytes);
      for (const { payload } of records) latest = Math.max(latest, receiptOf(payload));
      await pace(records.reduce((sum, { payload }) => sum + payload.length, 0));
      if (next <= at) break;
      at = next;
    }
    return latest;
  } finally {
    await reader.close();
  }
}

/** Of a record's head, which stands before its body: no name in it is anybody's but ours. */
function receiptOf(payload: Uint8Array): number {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const at = bytes.indexOf(receivedAt);
  const end = bytes.indexOf(body);
  if (at === -1 || (end !== -1 && end < at)) return Number.NEGATIVE_INFINITY;
  const from = at + receivedAt.length;
  const time = Number.parseInt(bytes.toString("latin1", from, from + 20), 10);
  return Number.isSafeInteger(time) ? time : Number.NEGATIVE_INFINITY;
}

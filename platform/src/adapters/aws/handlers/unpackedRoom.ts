import type { BufferRecord } from "../../../buffer/eventBuffer.ts";

/**
 * Unpacks, and works on what was unpacked, while less than `maxBytes` of payloads are under way; others wait their turn.
 * The last that is let in may go beyond it by what one message holds.
 */
export function unpackedRoom(maxBytes: number) {
  const waiting: (() => void)[] = [];
  let held = 0;
  const letIn = (): void => {
    if (held < maxBytes) waiting.shift()?.();
  };
  return async (unpack: () => BufferRecord[], work: (records: readonly BufferRecord[]) => Promise<void>) => {
    while (held >= maxBytes) await new Promise<void>((resolve) => waiting.push(resolve));
    let bytes = 0;
    try {
      const records = unpack();
      bytes = records.reduce((sum, { payload }) => sum + payload.length, 0);
      held += bytes;
      letIn();
      await work(records);
    } finally {
      held -= bytes;
      letIn();
    }
  };
}

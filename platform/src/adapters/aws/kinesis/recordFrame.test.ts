import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numbered, plain } from "../../../buffer/numberedRecords.ts";
import { maxRecordBytes } from "../../../model/event.ts";
import { Problem } from "../../../model/problem.ts";
import { decodeFrame, encodeFrame } from "./recordFrame.ts";

const hash = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("base64url"));
const records = fc.record({
  fragment: hash,
  message: hash,
  payload: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
    fc
      .tuple(fc.integer({ min: 1, max: 20_000 }), fc.nat(255))
      .map(([length, byte]) => new Uint8Array(length).fill(byte)),
  ),
});

describe("a record as the stream has it", () => {
  it("comes back as it was, and is at most 26 bytes larger", () => {
    fc.assert(
      fc.property(records, (record) => {
        const data = encodeFrame(record);
        expect(plain(decodeFrame(data))).toEqual(plain(record));
        expect(data.length).toBeLessThanOrEqual(record.payload.length + 26);
      }),
    );
  });

  it("whatever else is in the stream is told, never taken for a record nor unpacked beyond the largest", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(decodeFrame(bytes).payload.length).toBeLessThanOrEqual(maxRecordBytes);
          expect(bytes[0]).toBe(1);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
        }
      }),
      { examples: [[new Uint8Array(40).fill(1)], [Uint8Array.from([2, ...new Uint8Array(40)])]] },
    );
  });

  it("does not take 26 bytes for a record, nor a payload that unpacks to more than the largest", () => {
    const bomb = encodeFrame({ ...numbered(1), payload: new Uint8Array(maxRecordBytes).fill(7) });
    expect(bomb.length).toBeLessThan(1_000);
    for (const data of [bomb.subarray(0, 26), bomb.subarray(0, bomb.length - 5), new Uint8Array(0)]) {
      expect(() => decodeFrame(data)).toThrow(Problem);
    }
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BufferRecord } from "../../../buffer/eventBuffer.ts";
import { numbered, plain } from "../../../buffer/numberedRecords.ts";
import { maxRecordBytes } from "../../../model/event.ts";
import { Problem } from "../../../model/problem.ts";
import { decodePack, encodeEntry, encodePack, maxEntriesBytes, packCharsOf } from "./messagePack.ts";

const hash = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("base64url"));
const record = fc.record({
  fragment: hash,
  message: hash,
  payload: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
    fc
      .tuple(fc.integer({ min: 1, max: 20_000 }), fc.nat(255))
      .map(([length, byte]) => new Uint8Array(length).fill(byte)),
  ),
});
const packOf = (records: readonly BufferRecord[]): string => encodePack(records.map(encodeEntry));

describe("records as the text of a message", () => {
  it("come back as they were and in their order, in no more characters than were told", () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
        const text = packOf(records);
        expect(decodePack(text).map(plain)).toEqual(records.map(plain));
        const bytes = records.reduce((sum, each) => sum + encodeEntry(each).length, 0);
        expect(text.length).toBeLessThanOrEqual(packCharsOf(bytes));
        expect(text).toMatch(/^[A-Za-z0-9+/]+=*$/);
      }),
    );
  });

  it("with one byte changed, or cut anywhere, is told and never taken for others", () => {
    const text = packOf([numbered(1, 300), numbered(2, 3_000)]);
    const bytes = Buffer.from(text, "base64");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, isCut) => {
        const other = Buffer.from(isCut ? bytes.subarray(0, at) : bytes);
        if (!isCut) other[at] = (other[at] ?? 0) ^ change;
        expect(() => decodePack(other.toString("base64"))).toThrow(Problem);
      }),
    );
  });

  it("whatever else is in a queue is told", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.base64String()), (text) => {
        expect(() => decodePack(text)).toThrow(Problem);
      }),
    );
  });

  it("does not unpack to more than its bound", () => {
    const many = Array.from({ length: 5 }, (_, n) => ({
      ...numbered(n),
      payload: new Uint8Array(maxRecordBytes).fill(n),
    }));
    expect(5 * maxRecordBytes).toBeGreaterThan(maxEntriesBytes);
    const text = packOf(many);
    expect(text.length).toBeLessThan(10_000);
    expect(() => decodePack(text)).toThrow("do not unpack");
  });
});

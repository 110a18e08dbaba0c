import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyedHash } from "./keyedHash.ts";
import { runs } from "../../test/runs.ts";

describe("keyedHash", () => {
  it("is HMAC-SHA-256, for every text and key, in any order of calls", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.array(fc.string({ unit: "binary", maxLength: 3_000 })),
        (key, texts) => {
          const hash = keyedHash(key);
          for (const text of texts) {
            expect(hash(text)).toBe(createHmac("sha256", key).update(text).digest("base64url").slice(0, 16));
          }
        },
      ),
      { numRuns: runs(100) },
    );
  });
  it("needs the key, and refuses one that would be hashed first", () => {
    expect(keyedHash(randomBytes(32))("ada")).not.toBe(keyedHash(randomBytes(32))("ada"));
    expect(() => keyedHash(randomBytes(65))).toThrow(RangeError);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyedHash } from "./keyedHash.ts";
import { causeIdOf, causeOf, maxCauseNameChars, withoutNames } from "./rejectionCause.ts";

const hash = keyedHash(Buffer.alloc(32, 7));
const reason = { code: "amount_out_of_range", message: "too much", field: "properties.products[12].price" };

describe("the cause of a refusal", () => {
  it("is told by source, code, field, type and name; places in lists are one", () => {
    const cause = causeOf("web", reason, JSON.stringify({ type: "Track", event: "Order Completed" }));
    expect(cause).toEqual({
      source: "web",
      code: "amount_out_of_range",
      field: "properties.products[*].price",
      type: "track",
      event: "Order Completed",
    });
    const other = causeOf(
      "web",
      { ...reason, field: "properties.products[3].price" },
      { type: "track", event: "Order Completed" },
    );
    expect(causeIdOf(hash, other)).toBe(causeIdOf(hash, cause));
    expect(causeIdOf(hash, withoutNames(cause))).not.toBe(causeIdOf(hash, cause));
    expect(causeOf("web", reason, { type: "page", name: "Home", event: "x" }).event).toBe("Home");
  });

  it("of what is no call, or was cut, has no type and no name", () => {
    for (const body of ["[1", "", "null", "[]", '{"type":7,"event":{}}', '{"type":"__proto__"}']) {
      expect(causeOf("web", { code: "c", message: "m" }, body)).toMatchObject({ type: null, event: null, field: null });
    }
  });

  it("of anything is text that a store can hold, of bounded length, and its id says nothing of it", () => {
    const text = fc.string({ unit: "binary", maxLength: 400 });
    fc.assert(
      fc.property(text, text, (event, field) => {
        const cause = causeOf("web", { code: "c", message: "m", field }, { type: "track", event });
        for (const part of [cause.event, cause.field]) {
          expect(part === null || (part.isWellFormed() && !part.includes("\0"))).toBe(true);
          expect(part?.length ?? 0).toBeLessThanOrEqual(maxCauseNameChars);
        }
        expect(causeIdOf(hash, cause)).toMatch(/^rc_[\w-]{16}$/);
      }),
    );
  });
});

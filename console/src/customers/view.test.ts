import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf, type CustomersView, questionOf, readView } from "./view.ts";

const views: fc.Arbitrary<CustomersView> = fc.record({
  q: fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => text.isWellFormed()),
  source: fc.option(fc.constantFrom("pos", "web-shop_2"), { nil: null }),
  minRevenue: fc.option(fc.nat({ max: 1e12 }), { nil: null }),
  consent: fc.option(fc.constantFrom("marketing.email", "a&b=c:denied"), { nil: null }),
  seenWithin: fc.option(fc.constantFrom("30d", "24h", "9999m"), { nil: null }),
});

describe("the view of Customers", () => {
  it("is what its address says", () => {
    fc.assert(
      fc.property(views, (view) => {
        const { search, hash } = addressOf(view);
        expect(readView(search, hash)).toEqual(view);
      }),
    );
  });

  it("keeps the words out of what a server is sent", () => {
    const { search, hash } = addressOf({ ...readView("", ""), q: "ana silva", source: "pos" });
    expect(search).toBe("?source=pos");
    expect(hash).toContain("ana");
  });

  it("leaves out what cannot be asked", () => {
    expect(readView("?spend=-1&seen=soon", "#q=a")).toMatchObject({ minRevenue: null, seenWithin: null });
    expect(questionOf(readView("", "#q=+a+"))).toEqual({});
    expect(questionOf(readView("?spend=0", "#q=an"))).toEqual({ q: "an", minRevenue: 0 });
  });
});

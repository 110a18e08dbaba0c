import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moneyText } from "./moneyText.ts";
import { absoluteTime, relativeTime } from "./timeText.ts";

describe("money", () => {
  it("has the decimals of its currency", () => {
    expect(moneyText({ amount: 124_300, currency: "EUR" }, "en")).toBe("€1,243.00");
    expect(moneyText({ amount: 1_243, currency: "JPY" }, "en")).toBe("¥1,243");
    expect(moneyText({ amount: -5, currency: "GBP" }, "en")).toBe("-£0.05");
    expect(moneyText({ amount: 100, currency: "??" }, "en")).toBe("1.00 ??");
  });

  it("never loses a minor unit", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.constantFrom("EUR", "GBP", "USD"), (amount, currency) => {
        const digits = moneyText({ amount, currency }, "en").replaceAll(/[^\d]/g, "");
        expect(Number(digits)).toBe(Math.abs(amount));
      }),
    );
  });
});

describe("time", () => {
  const now = Date.UTC(2026, 10, 24, 12);

  it("is told in the largest unit that fits", () => {
    expect(relativeTime(now - 2 * 3_600_000 - 1, now, "en")).toBe("2 hr. ago");
    expect(relativeTime(now, now, "en")).toBe("now");
    expect(relativeTime(now + 3 * 86_400_000, now, "en")).toBe("in 3 days");
  });

  it("names its zone when it is told whole", () => {
    expect(absoluteTime(now, "en-GB", "Europe/London")).toBe("24 Nov 2026, 12:00:00 GMT");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesText } from "../parts/bytesText.ts";
import { barsOf, lagText, lastsText } from "./opsText.ts";

describe("texts of operations", () => {
  it.each([
    [0, "0 B"],
    [1_023, "1,023 B"],
    [1_536, "1.5 KiB"],
    [88_046_829_568, "82 GiB"],
  ])("%d bytes are %s", (bytes, expected) => {
    expect(bytesText(bytes)).toBe(expected);
  });

  it("a lag is told from two seconds on", () => {
    expect(lagText({ lagSeconds: null })).toBe("Not known");
    expect(lagText({ lagSeconds: 0.4 })).toBe("Up to date");
    expect(lagText({ lagSeconds: 185 })).toBe("3 minutes");
  });

  it("room is told in days", () => {
    expect(lastsText(null)).toBe("Not known");
    expect(lastsText(0.3)).toBe("Less than a day");
    expect(lastsText(1.9)).toBe("1 day");
    expect(lastsText(40)).toBe("40 days");
    expect(lastsText(90_000)).toBe("Over 10 years");
  });

  it("bars stay in their box, and whatever came can be seen", () => {
    const minute = fc.record({ at: fc.constant(""), accepted: fc.nat(), rejected: fc.nat() });
    fc.assert(
      fc.property(fc.array(minute, { maxLength: 60 }), (minutes) => {
        const { bars, most } = barsOf(minutes);
        for (const [index, bar] of bars.entries()) {
          const { accepted = 0, rejected = 0 } = minutes[index] ?? {};
          expect(bar.accepted + bar.rejected).toBeLessThanOrEqual(100);
          expect(bar.rejected > 0).toBe(rejected > 0);
          expect(accepted + rejected).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});

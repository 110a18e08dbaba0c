import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterStatuses, filtersOf, streamAddress, withFilters } from "./filters.ts";
import type { Rates } from "./messages.ts";
import { rateNow, rateText, shownSeconds, sparkOf, withRates } from "./rateText.ts";
import { asText, correctedCall, grouped, type Rejection } from "./refusals.ts";

const noon = Date.UTC(2026, 10, 24, 12);

const second = (n: number, accepted: number, rejected = 0): Rates => ({
  at: new Date(noon + n * 1_000).toISOString(),
  accepted,
  processed: accepted,
  rejected,
  joined: 0,
  pending: 0,
});

describe("filters in the address", () => {
  const text = fc.string({ minLength: 1 });
  it("come back as they were, beside what else stands there", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(text),
        fc.uniqueArray(text),
        fc.subarray([...filterStatuses]),
        (sources, events, statuses) => {
          const search = withFilters(new URLSearchParams("open=web+m-1&source=old"), { sources, events, statuses });
          const again = new URLSearchParams(search.toString());
          expect(filtersOf(again)).toEqual({ sources, events, statuses });
          expect(again.get("open")).toBe("web m-1");
        },
      ),
    );
  });

  it("that no platform knows are left out of the stream's address", () => {
    const filters = filtersOf(new URLSearchParams("status=lost&status=rejected&event=Order%20Completed&open=x"));
    expect(streamAddress(filters)).toBe("/api/stream?event=Order+Completed&status=rejected");
    expect(streamAddress(filtersOf(new URLSearchParams()))).toBe("/api/stream");
  });
});

describe("rates", () => {
  it("are of the latest seconds, each once", () => {
    const ring = withRates([], [second(0, 10), second(1, 20)]);
    const again = withRates(ring, [second(1, 20), second(2, 30)]);
    expect(rateNow(again)).toBe(20);
    expect(
      withRates(
        again,
        Array.from({ length: 400 }, (_, n) => second(n + 3, 1)),
      ),
    ).toHaveLength(shownSeconds);
    expect([rateText(142.4), rateText(8.44), rateText(0.2), rateText(0)]).toEqual(["142", "8.4", "0.2", "0"]);
  });

  it("draw a line from zero within its box, and a mark for each second with refusals", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5_000), { maxLength: 300 }), (counts) => {
        const ring = counts.map((count, n) => second(n, count, count % 2));
        const spark = sparkOf(ring, noon + (counts.length - 1) * 1_000);
        const points = spark.line.split(" ").map((point) => point.split(",").map(Number));
        expect(points).toHaveLength(shownSeconds);
        expect(spark.max).toBeGreaterThanOrEqual(rateNow(ring));
        for (const [, y] of points) expect(y).toSatisfy((is: number) => is >= 0 && is <= 100);
        expect(spark.refused).toHaveLength(counts.filter((count) => count % 2 === 1).length);
      }),
    );
  });
});

describe("refusals", () => {
  it("are counted by source and reason, the newest first", () => {
    const item = (messageId: string, source: string, code: string): Rejection => ({
      messageId,
      source,
      sourceKind: "web",
      code,
      reason: code,
      field: null,
      receivedAt: null,
      mended: false,
      state: "open",
      cause: "rc_1",
      event: {},
    });
    const groups = grouped([
      item("3", "web", "a"),
      item("2", "till", "a"),
      item("1", "web", "a"),
      item("0", "web", "b"),
    ]);
    expect(groups.map(({ source, code, items }) => [source, code, items.map(({ messageId }) => messageId)])).toEqual([
      ["web", "a", ["3", "1"]],
      ["till", "a", ["2"]],
      ["web", "b", ["0"]],
    ]);
  });

  it("are read in lines where they are JSON, and as they were sent where not", () => {
    expect(asText({ type: "track" })).toBe('{\n  "type": "track"\n}');
    expect(asText('{"type":"track"}')).toBe('{\n  "type": "track"\n}');
    expect(asText('{"type":"tra')).toBe('{"type":"tra');
  });

  it("that were corrected are calls, or say where they are not", () => {
    expect(correctedCall('{"type": "track"}')).toEqual({ call: { type: "track" } });
    expect(correctedCall("[1]")).toEqual({ fault: "shape", detail: "" });
    expect(correctedCall('{\n"type": track\n}')).toMatchObject({ fault: "syntax", detail: expect.stringMatching(/./) });
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(correctedCall(text)).toSatisfy((is: object) => "call" in is || "fault" in is);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TimelinePage, withHead } from "./timelinePages.ts";

const asOf = "2026-03-01T10:00:00.000Z";
const pageEvents = 5;

/** What the platform answers when these are all the events: newest first. */
function pagesOf(minutes: readonly number[], pages: number): TimelinePage[] {
  const items = [...new Set(minutes)]
    .sort((a, b) => b - a)
    .map((minute) => ({
      messageId: `m${minute}`,
      source: "web",
      sourceKind: "web",
      type: "track",
      event: "Product Viewed",
      occurredAt: new Date(minute * 60_000).toISOString(),
      receivedAt: asOf,
      identifier: null,
      properties: {},
      context: {},
    }));
  return Array.from({ length: pages }, (_, page) => ({
    items: items.slice(page * pageEvents, (page + 1) * pageEvents),
    next: (page + 1) * pageEvents < items.length ? String(page) : null,
    asOf,
  }));
}

const idsOf = (pages: readonly TimelinePage[]) => pages.flatMap(({ items }) => items.map(({ messageId }) => messageId));
const minutes = fc.array(fc.nat(200), { maxLength: 25 });

describe("a newer first page", () => {
  it("is put before what is loaded with nothing lost, doubled or out of order, or all is asked for again", () => {
    fc.assert(
      fc.property(minutes, minutes, fc.integer({ min: 1, max: 4 }), (before, added, loaded) => {
        const known = pagesOf(before, loaded);
        const all = [...before, ...added];
        const [head] = pagesOf(all, 1);
        if (head === undefined) throw new Error("there is a first page");
        const merged = withHead(known, head);
        if (merged === null) {
          expect(new Set(added.filter((minute) => !before.includes(minute))).size).toBeGreaterThanOrEqual(pageEvents);
          return;
        }
        const ids = idsOf(merged);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of [...idsOf(known), ...idsOf([head])]) expect(ids).toContain(id);
        const times = merged.flatMap(({ items }) => items.map(({ occurredAt }) => occurredAt));
        expect(times).toEqual(times.toSorted().toReversed());
      }),
    );
  });
});

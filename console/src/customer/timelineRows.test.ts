import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventKey, type TimelineEvent, type TimelineParts, timelineRows } from "./timelineRows.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const noon = new Date(2026, 10, 24, 12).getTime();
let made = 0;

function eventAt(at: number, given: Partial<TimelineEvent> = {}): TimelineEvent {
  made += 1;
  return {
    messageId: `m${made}`,
    source: "web",
    sourceKind: "web",
    type: "track",
    event: "Product Viewed",
    occurredAt: new Date(at).toISOString(),
    receivedAt: new Date(at).toISOString(),
    identifier: null,
    properties: {},
    context: {},
    ...given,
  };
}

function rowsOf(events: TimelineEvent[], given: Partial<TimelineParts> = {}) {
  const parts: TimelineParts = {
    events,
    joins: [],
    corrections: [],
    now: noon,
    view: "milestones",
    hasMore: false,
    open: new Set(),
  };
  return timelineRows({ ...parts, ...given });
}

const kindsOf = (...given: Parameters<typeof rowsOf>) => rowsOf(...given).map(({ kind }) => kind);

const events = fc
  .array(
    fc.record({
      ago: fc.integer({ min: 0, max: 90 * 24 * 60 }),
      source: fc.constantFrom("web", "pos"),
      event: fc.constantFrom("Product Viewed", "Order Completed", "Cart Viewed"),
    }),
    { maxLength: 40 },
  )
  .map((drafts) =>
    drafts
      .toSorted((a, b) => a.ago - b.ago)
      .map(({ ago, source, event }) => eventAt(noon - ago * minute, { source, sourceKind: source, event })),
  );

describe("a timeline's rows", () => {
  it("tell what a person said when it was said, above what happened before", () => {
    const correction = {
      id: "c_1",
      verdict: "same" as const,
      a: "email:a",
      b: "user_id:1",
      by: "t_1",
      reason: "both are hers",
      receivedAt: new Date(noon - hour).toISOString(),
      status: "in_effect" as const,
      overruledBy: null,
      explanation: null,
    };
    const all = [eventAt(noon), eventAt(noon - 2 * hour)];
    expect(kindsOf(all, { corrections: [correction], view: "all" })).toEqual(["day", "event", "correction", "event"]);
    // It is as old as what was not loaded yet: it waits for that.
    const old = { ...correction, receivedAt: new Date(noon - 3 * hour).toISOString() };
    expect(kindsOf(all, { corrections: [old], view: "all", hasMore: true })).toEqual(["day", "event", "event"]);
  });

  it("hold every event once and in order, folded, unfolded or all", () => {
    fc.assert(
      fc.property(events, (all) => {
        const folded = rowsOf(all);
        const bursts = folded.flatMap((row) => (row.kind === "burst" ? [row.key] : []));
        const shownIn = (rows: ReturnType<typeof rowsOf>) =>
          rows.flatMap((row) => (row.kind === "event" ? [eventKey(row.event)] : []));
        const whole = all.map(eventKey);
        expect(shownIn(rowsOf(all, { view: "all" }))).toEqual(whole);
        expect(shownIn(rowsOf(all, { open: new Set(bursts) }))).toEqual(whole);
        const inBursts = folded.flatMap((row) => (row.kind === "burst" ? row.events.map(eventKey) : []));
        expect([...shownIn(folded), ...inBursts].sort()).toEqual(whole.toSorted());
        expect(new Set(folded.map(({ key }) => key)).size).toBe(folded.length);
      }),
    );
  });

  it("head each day once", () => {
    fc.assert(
      fc.property(events, (all) => {
        const days = new Set(all.map(({ occurredAt }) => new Date(occurredAt).toDateString()));
        expect(kindsOf(all).filter((kind) => kind === "day")).toHaveLength(days.size);
      }),
    );
  });

  it("fold the little things of one visit, and never an order", () => {
    const visit = [eventAt(noon), eventAt(noon - minute), eventAt(noon - 2 * minute)];
    expect(kindsOf(visit)).toEqual(["day", "burst"]);
    const order = eventAt(noon - 90_000, { event: "Order Completed" });
    const [a, b, c] = visit;
    expect(kindsOf([a, b, order, c].filter((each) => each !== undefined))).toEqual(["day", "burst", "event", "event"]);
    expect(kindsOf([eventAt(noon), eventAt(noon - hour)])).toEqual(["day", "event", "event"]);
  });

  it("draw silences, up to now too", () => {
    const rows = rowsOf([eventAt(noon - 20 * day), eventAt(noon - 60 * day)]);
    expect(rows.filter((row) => row.kind === "silence")).toMatchObject([
      { days: 20, untilNow: true },
      { days: 40, untilNow: false },
    ]);
  });

  it("mark what came after later things had come, but not an import in order", () => {
    const imported = [0, 1, 2].map((ago) =>
      eventAt(noon - ago * day, { receivedAt: new Date(noon + minute).toISOString(), event: "Order Completed" }),
    );
    expect(rowsOf(imported).filter((row) => row.kind === "event" && row.lateMs !== null)).toEqual([]);
    const late = eventAt(noon - 3 * day, { receivedAt: new Date(noon).toISOString(), event: "Order Completed" });
    const before = eventAt(noon - 2 * day, { event: "Order Completed" });
    expect(rowsOf([before, late]).find((row) => row.kind === "event" && row.event === late)).toMatchObject({
      lateMs: 2 * day,
    });
  });

  it("put a join above its event, and not below what was loaded", () => {
    const event = eventAt(noon - day, { event: "Order Completed" });
    const join = { at: noon - day, source: "web", messageId: event.messageId, rule: "seen_together", identifiers: [] };
    const old = { ...join, at: noon - 9 * day, messageId: "old" };
    expect(kindsOf([event], { joins: [join, old], hasMore: true })).toEqual(["day", "join", "event"]);
    expect(kindsOf([event], { joins: [join, old] })).toEqual(["day", "join", "event", "day", "join"]);
  });
});

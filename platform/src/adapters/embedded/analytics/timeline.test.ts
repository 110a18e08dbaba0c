import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { AcceptedEvent } from "../../../model/event.ts";
import type { TimelineQuery } from "../../../storage/timeline.ts";
import { type AnalyticsCore, type CoreOptions, openAnalytics } from "./core.ts";
import { eventOf, FakeFollowed, fragmentNamed, temporaryDirectory } from "./followedFakes.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(
  followed: FakeFollowed,
  now = Date.UTC(2026, 0, 20),
  more: Partial<CoreOptions> = {},
): Promise<AnalyticsCore> {
  const made = temporaryDirectory();
  cleanups.push(made.remove);
  const core = await openAnalytics({
    homeCurrency: "GBP",
    directory: made.path,
    log: followed.reader(),
    decided: followed.decided(),
    now: () => now,
    ...more,
  });
  cleanups.push(() => core.close().catch(() => undefined));
  return core;
}

async function pages(
  core: AnalyticsCore,
  query: { fragments: TimelineQuery["fragments"]; limit: number; type?: string; source?: string },
): Promise<string[][]> {
  const found: string[][] = [];
  let after: string | null = null;
  do {
    const page = await core.timeline(after === null ? query : { ...query, after });
    found.push(page.items.map(({ messageId }) => messageId));
    after = page.next;
  } while (after !== null);
  return found;
}

const fragments = ["A", "B", "Q", "_"].map(fragmentNamed);

const arbitraryEvent = fc.record({
  fragment: fc.constantFrom(...fragments),
  // Few distinct times, so that ties are common, over three months.
  occurredAt: fc.integer({ min: 0, max: 25 }).map((step) => Date.UTC(2025, 10, 1) + step * 3 * 86_400_000),
  type: fc.constantFrom("track", "page") as fc.Arbitrary<AcceptedEvent["type"]>,
  source: fc.constantFrom("web", "pos"),
  name: fc.constantFrom("a", "é", "\u{1F600}", "\uFFFD", "Z"),
  toLake: fc.boolean(),
});

/** Of a shared device's events, in the same steps. */
const arbitraryTime = fc.option(
  fc.integer({ min: 0, max: 25 }).map((step) => Date.UTC(2025, 10, 1) + step * 3 * 86_400_000),
);
const arbitrarySpan = fc.record({ from: arbitraryTime, until: arbitraryTime });

function holds({ from, until }: { from: number | null; until: number | null }, at: number): boolean {
  return (from === null || from <= at) && (until === null || at < until);
}

describe("a timeline", () => {
  test("in pages equals the oracle's list, whatever is hot and whatever is in the lake", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryEvent, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.subarray(fragments, { minLength: 1 }),
        fc.constantFrom(undefined, "track", "page"),
        fc.constantFrom(undefined, "web", "pos"),
        fc.option(fc.array(arbitrarySpan, { maxLength: 4 })),
        async (events, limit, wanted, type, source, spans) => {
          const followed = new FakeFollowed();
          const core = await open(followed);
          const oracle: { id: string; occurredAt: number; position: number }[] = [];
          for (const [at, event] of events.entries()) {
            const messageId = `${event.name}${at % 3}`;
            const position = followed.append(event.fragment, eventOf({ ...event, messageId }));
            const matches =
              wanted.includes(event.fragment) &&
              (spans === null || event.fragment !== wanted[0] || spans.some((span) => holds(span, event.occurredAt))) &&
              event.type === (type ?? event.type) &&
              event.source === (source ?? event.source);
            if (matches) oracle.push({ id: messageId, occurredAt: event.occurredAt, position });
            if (event.toLake && at % 10 === 9) {
              await core.caughtUp();
              await core.moveToLake();
            }
          }
          await core.caughtUp();
          oracle.sort(
            (x, y) =>
              y.occurredAt - x.occurredAt ||
              Buffer.compare(Buffer.from(y.id), Buffer.from(x.id)) ||
              y.position - x.position,
          );
          const query = {
            fragments: spans === null ? wanted : [{ fragment: wanted[0] ?? "", spans }, ...wanted.slice(1)],
            limit,
            ...(type === undefined ? {} : { type }),
            ...(source === undefined ? {} : { source }),
          };
          const found = await pages(core, query);
          expect(found.flat()).toEqual(oracle.map(({ id }) => id));
          expect(found.slice(0, -1).every((page) => page.length === limit)).toBe(true);
          await core.close();
        },
      ),
      { numRuns: 12 },
    );
  });

  test("shows an event whole", async () => {
    const followed = new FakeFollowed();
    const event = eventOf({
      messageId: "m",
      identifiers: ["anonymous_id:z", "crm_id:9", "email:a@example.com"],
      body: { properties: { a: [1, { b: null }] }, context: { page: { url: "https://example.com/?q=%20" } } },
    });
    followed.append(fragments[0] ?? "", event);
    const core = await open(followed);
    await core.caughtUp();
    const expected = {
      messageId: "m",
      source: "web",
      sourceKind: "web",
      type: "track",
      event: "Product Viewed",
      occurredAt: event.occurredAt,
      receivedAt: event.receivedAt,
      identifier: { type: "crm_id", value: "9" },
      properties: event.body["properties"],
      context: event.body["context"],
    };
    const read = () => core.timeline({ fragments, limit: 10 });
    expect(await read()).toMatchObject({ items: [expected], next: null });
    await core.moveToLake();
    expect((await read()).items).toEqual([expected]);
  });

  test("of a device that changed hands a thousand times takes no longer than any other", async () => {
    const followed = new FakeFollowed();
    const [first = "", second = ""] = fragments;
    const from = Date.UTC(2026, 0, 1);
    for (let n = 0; n < 2_000; n++) {
      followed.append(n % 3 === 0 ? second : first, eventOf({ messageId: `m${n}`, occurredAt: from + n * 1_000 }));
    }
    const core = await open(followed);
    await core.caughtUp();
    const spans = Array.from({ length: 1_000 }, (_, n) => ({
      from: from + n * 2_000,
      until: from + n * 2_000 + 1_000,
    }));
    const startedAt = performance.now();
    const { items } = await core.timeline({ fragments: [{ fragment: first, spans }, second], limit: 1_000 });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    const wanted = Array.from({ length: 2_000 }, (_, n) => n).filter((n) => n % 3 === 0 || n % 2 === 0);
    expect(items.map(({ messageId }) => messageId)).toEqual(
      wanted
        .toReversed()
        .slice(0, 1_000)
        .map((n) => `m${n}`),
    );
  });

  test("that takes too long is given up, and the next one is read", async () => {
    const followed = new FakeFollowed();
    const [fragment = ""] = fragments;
    followed.append(fragment, eventOf({ messageId: "m" }));
    const core = await open(followed, undefined, { timelineDeadlineMs: 0 });
    await core.caughtUp();
    const spans = Array.from({ length: 200_000 }, (_, n) => ({ from: n * 2, until: n * 2 + 1 }));
    await expect(core.timeline({ fragments: [{ fragment, spans }], limit: 5 })).rejects.toMatchObject({
      status: 503,
      code: "timeline_timeout",
    });
    await expect(core.query("SELECT count(*) FROM events", 5)).resolves.toMatchObject({ rows: [[1]] });
  });

  test("nothing for nobody, and for ids that are none", async () => {
    const core = await open(new FakeFollowed());
    expect((await core.timeline({ fragments: [], limit: 5 })).items).toEqual([]);
    expect((await core.timeline({ fragments: ["') OR true --"], limit: 5 })).items).toEqual([]);
  });

  test.each([
    "",
    "x",
    "W10",
    Buffer.from('["a","b","c"]').toString("base64url"),
    Buffer.from('[1e300,"b",1]').toString("base64url"),
  ])("refuses the cursor %j", async (after) => {
    const core = await open(new FakeFollowed());
    await expect(core.timeline({ fragments, limit: 5, after })).rejects.toMatchObject({ code: "cursor_invalid" });
  });

  test.each([0, -1, 1.5, 1_001, Number.NaN])("refuses the limit %d", async (limit) => {
    const core = await open(new FakeFollowed());
    await expect(core.timeline({ fragments, limit })).rejects.toMatchObject({ code: "limit_invalid" });
  });
});

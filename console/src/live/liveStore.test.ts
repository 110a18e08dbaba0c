import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiProblem } from "../api/problem.ts";
import type { SseMessage } from "../api/sse.ts";
import { type LiveStore, liveStore } from "./liveStore.ts";
import type { RecordStatus, StreamRecord } from "./messages.ts";
import { maxRows } from "./rows.ts";

const noon = Date.UTC(2026, 10, 24, 12);
const at = (seconds: number): string => new Date(noon + seconds * 1_000).toISOString();

const message = (event: string, data: object): SseMessage => ({ event, data: JSON.stringify(data), id: null });

function record(messageId: string, status: RecordStatus, given: Partial<StreamRecord> = {}): SseMessage {
  return message("record", {
    status,
    messageId,
    source: "web",
    sourceKind: "web",
    type: "track",
    event: "Seen",
    occurredAt: at(0),
    receivedAt: at(0),
    identifier: { type: "user_id", value: "ada" },
    profileId: status === "processed" ? "p_ada" : null,
    ...given,
  });
}

const join = (messageId: string): SseMessage =>
  message("joined", {
    profileId: "p_ada",
    retiredIds: ["p_old"],
    identifiers: [
      { type: "anonymous_id", value: "a" },
      { type: "user_id", value: "ada" },
    ],
    messageId,
    source: "web",
    sourceKind: "web",
    occurredAt: at(0),
    rule: "seen_together",
  });

/** A store whose frame comes when it is told to. */
function opened(): { store: LiveStore; frame: () => void; frames: () => number } {
  let works: (() => void)[] = [];
  let asked = 0;
  const store = liveStore((work) => {
    asked += 1;
    works.push(work);
  });
  const frame = (): void => {
    const due = works;
    works = [];
    for (const work of due) work();
  };
  return { store, frame, frames: () => asked };
}

const ids = (store: LiveStore): string[] => store.view().shown.map(({ messageId }) => messageId);

describe("the stream's list", () => {
  it("changes a row where it stands, and never back", () => {
    const { store, frame } = opened();
    store.take([record("one", "accepted"), record("two", "accepted"), record("one", "processed", { latencyMs: 3 })]);
    store.take([record("one", "accepted")]);
    frame();
    expect(store.view().shown.map(({ messageId, status }) => [messageId, status])).toEqual([
      ["two", "accepted"],
      ["one", "processed"],
    ]);
    expect(store.view().shown[1]).toMatchObject({ latencyMs: 3, profileId: "p_ada" });
  });

  it("shows a later delivery, and what a refused call became when it was sent again, by what they say", () => {
    const { store, frame } = opened();
    store.take([
      record("one", "processed"),
      record("one", "accepted", { receivedAt: at(9) }),
      record("one", "duplicate", { receivedAt: at(9) }),
      record("two", "rejected", { reason: "no event", code: "event_missing" }),
      record("two", "processed"),
    ]);
    frame();
    expect(store.view().shown.map(({ messageId, status, reason }) => [messageId, status, reason])).toEqual([
      ["two", "processed", null],
      ["one", "duplicate", null],
      ["one", "processed", null],
    ]);
  });

  it.each([
    ["before", [join("one"), record("one", "processed")]],
    ["after", [record("one", "processed"), join("one")]],
  ])("shows a join that comes %s its record in one row", (_, messages) => {
    const { store, frame } = opened();
    store.take(messages);
    frame();
    expect(store.view().shown).toHaveLength(1);
    expect(store.view().shown[0]).toMatchObject({
      status: "processed",
      what: "Seen",
      profileId: "p_ada",
      join: { retiredIds: ["p_old"], rule: "seen_together" },
    });
  });

  it("while held keeps its place, counts what is new, and changes what is there", () => {
    const { store, frame } = opened();
    store.take([record("one", "accepted")]);
    store.hold(true);
    store.take([record("two", "accepted"), record("one", "processed"), record("two", "processed")]);
    frame();
    expect(ids(store)).toEqual(["one"]);
    expect(store.view()).toMatchObject({ waitingCount: 1, shown: [{ status: "processed" }] });
    store.hold(false);
    frame();
    expect(ids(store)).toEqual(["two", "one"]);
    expect(store.view()).toMatchObject({ waitingCount: 0, shown: [{ status: "processed" }, {}] });
  });

  it("forgets what it knew once it may not be seen, and nothing for another failure", () => {
    const { store, frame } = opened();
    const nothing = { shown: [], waiting: [], waitingCount: 0, rates: [], skipped: null };
    const problem = (status: number) => new ApiProblem(status, { code: "told", message: "Told." });
    store.take([record("one", "processed"), record("two", "rejected")]);
    store.hold(true);
    store.take([record("three", "accepted"), message("skipped", { records: 2 })]);
    store.connection("closed", problem(400));
    frame();
    expect(ids(store)).toEqual(["two", "one"]);
    store.connection("closed", problem(403));
    frame();
    expect(store.view()).toMatchObject({ ...nothing, connection: "closed" });
  });

  it("loses nothing and repeats nothing, however it is held, up to its bound", () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ is: fc.constant("record"), count: fc.integer({ min: 1, max: 90 }) }) },
      { weight: 1, arbitrary: fc.constant({ is: "hold", count: 0 }) },
      { weight: 1, arbitrary: fc.constant({ is: "let go", count: 0 }) },
      { weight: 1, arbitrary: fc.constant({ is: "release", count: 0 }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { store, frame } = opened();
        const sent: string[] = [];
        for (const { is, count } of steps) {
          for (let n = 0; n < count; n++) {
            const id = `m-${sent.length}`;
            sent.unshift(id);
            store.take([record(id, "accepted"), record(id, "processed")]);
          }
          if (is === "hold" || is === "let go") store.hold(is === "hold");
          if (is === "release") store.release();
        }
        store.release();
        frame();
        expect(ids(store)).toEqual(sent.slice(0, maxRows));
      }),
      { numRuns: 40 },
    );
  });

  it("when filtered keeps what the filter lets through", () => {
    const { store, frame } = opened();
    store.take([record("one", "processed"), record("two", "rejected"), join("one"), record("three", "accepted")]);
    store.filter({ sources: ["web"], events: [], statuses: ["joined", "rejected"] });
    frame();
    expect(ids(store)).toEqual(["two", "one"]);
  });

  it("is told once a frame, and is the same until then", () => {
    const { store, frame, frames } = opened();
    let told = 0;
    store.subscribe(() => (told += 1));
    const before = store.view();
    for (let n = 0; n < 100; n++) store.take([record(`m-${n}`, "accepted")]);
    expect(store.view()).toBe(before);
    frame();
    expect([told, frames()]).toEqual([1, 1]);
  });

  it("leaves out what it cannot read", () => {
    const { store, frame } = opened();
    store.take([
      { event: "record", data: "{", id: null },
      message("weather", {}),
      { event: "rates", data: "3", id: null },
    ]);
    frame();
    expect(store.view()).toMatchObject({ shown: [], rates: [] });
  });
});

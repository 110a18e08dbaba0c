import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSpans } from "../adapters/embedded/state/rows.ts";
import { openStateReader } from "../adapters/embedded/state/schema.ts";
import { defaultIdentityRules, type IdentityRules } from "../identity/index.ts";
import type { LogRecord } from "../model/event.ts";
import { retentionRecordOf } from "../model/retention.ts";
import { accepted, corrected, foldingHarness, foldings, published, type Folding } from "../../test/pipelineHarness.ts";
import { runs } from "../../test/runs.ts";
import { bytes, events } from "./smallWorld.fake.ts";
import { sharedEvents } from "./tenancyWorld.fake.ts";

const folding = foldings();

const at = Date.UTC(2026, 5, 1);
/** What comes next in the log, whatever it is. */
type Step = LogRecord | { keepFrom: number };

/** Histories with merges, shared devices, orders, refunds and repetitions, refusals and corrections, of which the beginning is let go now and then. */
const history: fc.Arbitrary<Step[]> = fc
  .tuple(
    events,
    sharedEvents,
    fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { maxLength: 5 }),
    fc.array(fc.tuple(fc.nat(99), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(99), { maxLength: 3 }),
  )
  .chain(([one, other, again, cuts, refusals]) => {
    const all: LogRecord[] = [...one, ...other.map((event) => ({ ...event, messageId: `s${event.messageId}` }))];
    return fc.shuffledSubarray(all, { minLength: all.length }).map((shuffled) => {
      const steps: Step[] = [...shuffled];
      for (const [which, where] of again) insert(steps, where, shuffled[which % shuffled.length] as LogRecord);
      for (const where of refusals) insert(steps, where, refused(`m${where % 7}`));
      insert(steps, 20, corrected("different", "user_id:u0", "email:e0@example.com", { id: "c1" }));
      insert(steps, 60, published(laterShared, 2));
      for (const [where, share] of cuts) insert(steps, where, { keepFrom: share });
      return steps;
    });
  });

const laterShared: IdentityRules = { ...defaultIdentityRules, sharedDeviceLogins: 3 };

function insert(steps: Step[], percent: number, step: Step): void {
  steps.splice(Math.floor((percent * steps.length) / 100), 0, step);
}

function refused(messageId: string): LogRecord {
  const reason = { code: "missing_user", message: "nobody is named" };
  return { status: "rejected", source: "web", sourceKind: "web", messageId, receivedAt: at, reason, body: "{}" };
}

/** The records, each said to be kept no longer where that is its turn. */
function recordsOf(steps: readonly Step[]): LogRecord[] {
  const records: LogRecord[] = [];
  let from = 0;
  for (const step of steps) {
    if (!("keepFrom" in step)) records.push(step);
    else {
      const until = from + Math.floor(step.keepFrom * (records.length - from));
      records.push(retentionRecordOf({ from, end: until, until }, at));
      from = until;
    }
  }
  return records;
}

/** By hand: each message once, and once more where it comes after it was kept no longer. */
function eventsThatCount(records: readonly LogRecord[]): number {
  const known = new Map<string, number>();
  let [keptFrom, count] = [0, 0];
  for (const [position, record] of records.entries()) {
    const key = `${record.source} ${record.messageId}`;
    if (record.status === "rejected" || (known.get(key) ?? -1) >= keptFrom) continue;
    known.set(key, position);
    if (record.status === "accepted") count += 1;
    else if (record.status === "retention") keptFrom = record.body.until;
  }
  return count;
}

/** In all fragments, whoever's they are: what changes hands is neither lost nor doubled. */
function eventsHeld({ file }: Folding): number {
  const reader = openStateReader(file);
  const rows = reader.prepare("SELECT spans FROM fragments").all();
  reader.close();
  const spans = rows.flatMap((row) => Object.values(decodeSpans(String(row["spans"]))));
  return spans.reduce((sum, span) => sum + span.count, 0);
}

describe("Promise 4: state is a fold of what is kept and of the base", () => {
  it("going on from a copy of the state, without the records that are kept no longer, gives the same state", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.double({ min: 0, max: 1, noNaN: true }), async (steps, share) => {
        const records = recordsOf(steps);
        const isCut = (record: LogRecord): boolean => record.status === "retention";
        const firstCut = records.findIndex(isCut) + 1;
        const until = firstCut + Math.floor(share * (records.length - firstCut));
        const live = await foldingHarness();
        let based: Folding | null = null;
        try {
          await live.deliver(records.slice(0, until), [3, 1, 5]);
          based = await live.base();
          await live.deliver(records.slice(until), [2, 4]);
          await based.deliver(records.slice(until), [1]);
          expect(await based.differences(live)).toEqual([]);
          expect(await bytes(based)).toBe(await bytes(live));
          expect(eventsHeld(live)).toBe(eventsThatCount(records));
        } finally {
          await live.close();
          await based?.close();
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it("profiles are as if nothing had gone, but for what comes late of a device's past", async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 0, max: 25 }), async (list, cut) => {
        const [whole, cutOff] = [await foldingHarness(), await foldingHarness()];
        try {
          const until = Math.min(cut, list.length);
          await whole.deliver(list);
          await cutOff.deliver(list);
          await cutOff.deliver([retentionRecordOf({ from: 0, end: until, until }, at)]);
          expect(await bytes(cutOff)).toBe(await bytes(whole));
        } finally {
          await whole.close();
          await cutOff.close();
        }
      }),
      { numRuns: runs(30) },
    );
  });
});

describe("Promise 2: once, for as long as the record is kept", () => {
  const view = (messageId: string) => accepted({ messageId, identifiers: ["user_id:ada"] });
  const keptFrom = (until: number) => retentionRecordOf({ from: 0, end: until, until }, at);
  const count = async (one: Folding) => (await one.profile("user_id", "ada"))?.computed.eventCount;

  it("a message that is kept is a repetition, one that is kept no longer counts as new", async () => {
    const one = await folding();
    await one.deliver([view("old"), view("new"), keptFrom(1)]);
    const outcome = await one.deliver([view("old"), view("new")]);
    expect(outcome).toMatchObject({ processed: 4, duplicates: 1 });
    expect(await count(one)).toBe(3);
    expect(await one.deliver([view("old")])).toMatchObject({ duplicates: 2 });
  });

  it("said twice, or of what does not fit, it changes nothing", async () => {
    const one = await folding();
    await one.deliver([view("old"), view("new"), keptFrom(1), keptFrom(1)]);
    const wrong = [
      { from: 0, end: 2, until: 2 },
      { from: 1, end: 9, until: 9_000 },
      { from: 1, end: 0, until: 2 },
    ];
    for (const body of wrong) await one.deliver([retentionRecordOf(body, at)]);
    expect(await one.deliver([view("new")])).toMatchObject({ duplicates: 2 });
    expect(await count(one)).toBe(2);
  });
});

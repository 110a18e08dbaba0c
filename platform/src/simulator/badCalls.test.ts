import { describe, expect, it } from "vitest";
import { acceptCall } from "../gateway/accept.ts";
import { maxEventBytes } from "../gateway/limits.ts";
import type { JsonObject, LogRecord } from "../model/event.ts";
import { sourceKinds, type SourceKind } from "../model/source.ts";
import { withBadCalls } from "./badCalls.ts";
import type { RetailerPlan } from "./persona.ts";
import { openRetailer } from "./retailer.ts";
import type { SimulatedCall } from "./scene.ts";
import { truthOf } from "./truth.ts";

const plan: RetailerPlan = { seed: 7, customers: 800, startMs: Date.UTC(2025, 8, 1), days: 60 };
const liveDays = 300;

function judged(source: SourceKind, call: JsonObject): LogRecord {
  const sender = { id: source, name: source, kind: source, enabled: true, maxEventsPerSecond: null, createdAt: 0 };
  const options = { maxEventBytes, allowGuests: false, newMessageId: () => "made", mayBeUnstorable: true };
  return acceptCall(call, sender, { at: Date.UTC(2026, 8, 1) }, options).record;
}

function daysOf(given: RetailerPlan, live = liveDays) {
  const plain = openRetailer(given);
  const real = withBadCalls(openRetailer(given));
  const days = Array.from({ length: given.days + live }, (_, day) => ({
    good: plain.day(day),
    all: real.day(day),
  }));
  return { days, plain, real };
}

const isBad = ({ call }: SimulatedCall): boolean => (call["messageId"] as string).endsWith("-bad");

describe("a retailer's bad calls", () => {
  const { days, plain, real } = daysOf(plan);
  const bad = days.flatMap(({ all }) => all.filter(isBad));

  it("stand beside the good ones, which are the same as without, and change nothing of the truth", () => {
    for (const { good, all } of days) expect(all.filter((one) => !isBad(one))).toEqual(good);
    expect([...truthOf(plan, real.sent)]).toEqual([...truthOf(plan, plain.sent)]);
  });

  it("are few, of every system, each refused with a reason that names what to mend", () => {
    const shareOf = (some: typeof days): number => {
      const calls = some.flatMap(({ all }) => all);
      return calls.filter(isBad).length / calls.length;
    };
    expect(shareOf(days.slice(0, plan.days))).toBeLessThan(0.001);
    expect(shareOf(days.slice(plan.days))).toBeGreaterThan(0.0015);
    expect(shareOf(days.slice(plan.days))).toBeLessThan(0.004);
    expect(new Set(bad.map(({ source }) => source))).toEqual(new Set(sourceKinds));
    const codes = bad.map(({ source, call }) => {
      const record = judged(source, call);
      expect([call, record.status]).toEqual([call, "rejected"]);
      expect(record.messageId).toBe(call["messageId"]);
      return record.status === "rejected" ? record.reason.code : "";
    });
    for (const code of ["event_missing", "type_unknown", "amount_out_of_range", "wrong_type", "user_missing"]) {
      expect(codes).toContain(code);
    }
    expect(new Set(bad.map(({ call }) => call["messageId"])).size).toBe(bad.length);
  });

  it("corrected, are the call that they spoilt, under their own id", () => {
    const all = days.flatMap((day) => day.all);
    for (const [at, one] of all.entries()) {
      if (!isBad(one)) continue;
      const good = all[at - 1];
      expect([one.source, one.at, one.person]).toEqual([good?.source, good?.at, good?.person]);
      expect(judged(one.source, { ...good?.call, messageId: one.call["messageId"] ?? "" }).status).toBe("accepted");
    }
  });

  it("are a function of the plan", () => {
    const small = { ...plan, customers: 300, days: 30 };
    const badOf = (given: RetailerPlan): SimulatedCall[] =>
      daysOf(given, 30).days.flatMap(({ all }) => all.filter(isBad));
    const first = badOf(small);
    expect(first.length).toBeGreaterThan(0);
    expect(badOf(small)).toEqual(first);
    const ids = new Set(badOf({ ...small, seed: 8 }).map(({ call }) => call["messageId"]));
    expect(first.filter(({ call }) => ids.has(call["messageId"] ?? ""))).toEqual([]);
  });
});

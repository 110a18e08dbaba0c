import { describe, expect, it } from "vitest";
import { sourceKinds } from "../model/source.ts";
import { inLiveOrder } from "./liveDay.ts";
import type { RetailerPlan } from "./persona.ts";
import { openRetailer } from "./retailer.ts";
import type { SimulatedCall } from "./scene.ts";

/** The demo's, on four days of the year. */
const plans: RetailerPlan[] = [360, 1, 2, 3].map((seed, at) => ({
  seed,
  customers: 2_000,
  startMs: Date.UTC(2026, 3 * at, 5),
  days: 182,
}));
const eventsPerS = 10;
const shownDays = 20;

function liveOf(plan: RetailerPlan): { days: SimulatedCall[][]; watched: SimulatedCall[] } {
  const retailer = openRetailer(plan, plan.days);
  const days = Array.from({ length: shownDays }, (_, at) => retailer.day(plan.days + at));
  return { days, watched: days.flatMap((calls, at) => inLiveOrder(plan, plan.days + at, calls)) };
}

describe("live days", () => {
  it.each(plans)("show all seven kinds within a minute, from the first moment on (seed $seed)", (plan) => {
    const { watched } = liveOf(plan);
    for (const kind of sourceKinds) {
      const places = watched.flatMap(({ source }, at) => (source === kind ? [at] : []));
      const gaps = places.map((place, at) => place - (places[at - 1] ?? 0));
      expect([kind, Math.max(...gaps) < 60 * eventsPerS]).toEqual([kind, true]);
      expect([kind, (places[0] ?? Infinity) < 60 * eventsPerS]).toEqual([kind, true]);
    }
  });

  it("are the days' own calls, and what one person does stays in its order", () => {
    const [plan] = plans as [RetailerPlan];
    const { days, watched } = liveOf(plan);
    expect(new Set(watched)).toEqual(new Set(days.flat()));
    expect(watched).toHaveLength(days.flat().length);
    for (const [at, calls] of days.entries()) {
      const shown = Map.groupBy(inLiveOrder(plan, plan.days + at, calls), ({ person }) => person);
      for (const [person, own] of Map.groupBy(calls, (call) => call.person)) expect(shown.get(person)).toEqual(own);
    }
  });
});

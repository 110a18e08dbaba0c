import type { SourceKind } from "../model/source.ts";
import { dayMs } from "./calendar.ts";
import { hash32 } from "./draws.ts";
import type { RetailerPlan } from "./persona.ts";
import type { SimulatedCall } from "./scene.ts";

const aboutLive = 0x11fe;
/** How much of a live day one person's own day takes: their clicks come close together. */
const ownShare = 0.1;

/**
 * A day's calls in an order to watch. By the clock a night is web shop alone, and the morning of a newsletter CRM
 * alone; here each person's day begins at a moment of its own, and the people whom a source saw are spread evenly, so
 * that all sources come all the time. What one person does stays in its order.
 */
export function inLiveOrder(plan: RetailerPlan, day: number, calls: readonly SimulatedCall[]): SimulatedCall[] {
  const midnight = plan.startMs + day * dayMs;
  const begins = beginsOf(calls, (person) => hash32(plan.seed, day, person, aboutLive));
  const placeOf = ({ person, at }: SimulatedCall): number =>
    (begins.get(person) ?? 0) * (1 - ownShare) + (ownShare * (at - midnight)) / dayMs;
  return calls
    .map((call) => ({ call, place: placeOf(call) }))
    .sort((a, b) => a.place - b.place)
    .map(({ call }) => call);
}

/** When each person's day begins, in [0, 1): in order of `luck`, evenly among those of the rarest source that saw them. */
function beginsOf(calls: readonly SimulatedCall[], luck: (person: number) => number): Map<number, number> {
  const callsOf = Map.groupBy(calls, ({ source }) => source);
  const rarity = (source: SourceKind): number => callsOf.get(source)?.length ?? 0;
  const rarest = new Map<number, SourceKind>();
  for (const { person, source } of calls) {
    const held = rarest.get(person);
    if (held === undefined || rarity(source) < rarity(held)) rarest.set(person, source);
  }
  const begins = new Map<number, number>();
  for (const people of Map.groupBy(rarest.keys(), (person) => rarest.get(person)).values()) {
    people.sort((a, b) => luck(a) - luck(b) || a - b);
    for (const [rank, person] of people.entries()) begins.set(person, (rank + 0.5) / people.length);
  }
  return begins;
}

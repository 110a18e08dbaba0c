import { dayMs, seasonOf } from "./calendar.ts";
import { stores } from "./catalogue.ts";
import { drawsFrom, hash32, share, type Draws } from "./draws.ts";
import { changes, firstRecords, newsletter, socialVisit, ticket } from "./office.ts";
import { appVisit, webVisit } from "./onlineVisit.ts";
import { longestOrderDays } from "./orderLife.ts";
import { personaOf, visitsPerDay, type Persona, type RetailerPlan } from "./persona.ts";
import { sceneOf, type Scene, type SimulatedCall, type Stage } from "./scene.ts";
import { nobody, storeVisit } from "./storeVisit.ts";
import { nothingSent, type Sent } from "./truth.ts";

export interface Retailer {
  readonly plan: RetailerPlan;
  /** What has been given out so far, by person. */
  readonly sent: Sent;
  /**
   * One day's calls in order of time, all customers together. Ask for days one after the other: what began yesterday
   * ends today. Days go on past the history, with the same people.
   */
  day(day: number): SimulatedCall[];
}

/**
 * A retailer whose customers act over days: pure, so that one plan gives the same calls on every machine. In memory
 * are one day's calls, what is still to come of open orders, and some fifty bytes a customer. To begin in the middle,
 * `firstDay` takes the days before it again without giving them out.
 */
export function openRetailer(plan: RetailerPlan, firstDay = 0): Retailer {
  const rates = Float32Array.from({ length: plan.customers }, (_, index) => visitsPerDay(plan, index));
  const officeDays = officeDaysOf(plan);
  const agenda = new Map<number, SimulatedCall[]>();
  const sent = nothingSent(plan.customers);
  const out = (call: SimulatedCall): void => {
    const day = Math.floor((call.at - plan.startMs) / dayMs);
    const listed = agenda.get(day);
    if (listed === undefined) agenda.set(day, [call]);
    else listed.push(call);
  };
  const tag = hash32(plan.seed, plan.customers, plan.days, Math.floor(plan.startMs / dayMs)).toString(36);
  const stage: Stage = { plan, sent, tag, out };
  const live = (day: number): SimulatedCall[] => {
    footfall(stage, day);
    const office = officeDays.get(day);
    for (let index = 0; index < plan.customers; index++) {
      actOn(stage, { index, rate: rates[index] ?? 0, isOfficeDay: office?.has(index) ?? false }, day);
    }
    const calls = agenda.get(day) ?? [];
    agenda.delete(day);
    return calls.sort((a, b) => a.at - b.at);
  };
  for (let day = Math.max(0, firstDay - longestOrderDays); day < firstDay; day++) live(day);
  return { plan, sent, day: live };
}

/** Draws of one person's day are their own: nobody's day changes with the number of customers. */
const aboutDay = 0x0da7;
const syncDays = 7;
const newsletterEveryDays = 14;

function actOn(stage: Stage, who: { index: number; rate: number; isOfficeDay: boolean }, day: number): void {
  const { index, rate, isOfficeDay } = who;
  const { plan } = stage;
  const midnight = plan.startMs + day * dayMs;
  const hash = hash32(plan.seed, index, day, aboutDay);
  const visits = share(hash) < rate * seasonOfDay(midnight);
  const isLetterDay = day % newsletterEveryDays === 4;
  if (!visits && !isLetterDay && !isOfficeDay) return;
  const persona = personaOf(plan, index);
  const firstDay = firstDayOf(plan, persona);
  if (day < firstDay) return;
  const scene = sceneOf(stage, { persona, day, midnight, draws: drawsFrom(hash) });
  if (day === firstDay) firstRecords(scene);
  else changes(scene);
  if (isLetterDay) sendNewsletter(scene);
  if (visits) visit(scene);
}

/** Who has a first record or a change on which day: most days it is next to nobody. */
function officeDaysOf(plan: RetailerPlan): Map<number, Set<number>> {
  const days = new Map<number, Set<number>>();
  for (let index = 0; index < plan.customers; index++) {
    const persona = personaOf(plan, index);
    for (const day of [
      firstDayOf(plan, persona),
      persona.emailChangesOn,
      persona.phoneChangesOn,
      persona.cardChangesOn,
    ]) {
      if (day === Number.MAX_SAFE_INTEGER) continue;
      const people = days.get(day);
      if (people === undefined) days.set(day, new Set([index]));
      else people.add(index);
    }
  }
  return days;
}

/** Who was a customer before the history is taken over in its first week. */
function firstDayOf(plan: RetailerPlan, { index, joinedDay }: Persona): number {
  return joinedDay >= 0 ? joinedDay : index % Math.min(syncDays, plan.days);
}

function sendNewsletter(scene: Scene): void {
  const { persona, draws, day } = scene;
  if (!persona.wantsEmail || !draws.chance(0.5)) return;
  const campaign = `newsletter-${String(Math.floor(day / newsletterEveryDays) + 1)}`;
  const clickedAt = newsletter(scene, campaign);
  if (clickedAt !== null) webVisit(scene, { at: clickedAt, campaign });
}

function visit(scene: Scene): void {
  const { persona, draws } = scene;
  const { web, mobile } = persona.channels;
  if (persona.has.social && draws.chance(0.5)) socialVisit(scene);
  if (draws.chance(0.025)) ticket(scene);
  const roll = draws.next();
  if (roll < web) webVisit(scene);
  else if (roll < web + mobile) appVisit(scene);
  else storeVisit(scene);
}

const openingHour = 9;
const countsPerDay = 3;
const customersPerCounter = 300;

/** Door counters, which know nobody: three times a day, in the first of the shops where customers are few. */
function footfall({ plan, tag, out }: Stage, day: number): void {
  const midnight = plan.startMs + day * dayMs;
  const draws: Draws = drawsFrom(hash32(plan.seed, day, 0xf007));
  const perCount = Math.max(1, (plan.customers / stores.length / 40) * seasonOfDay(midnight));
  const counted = stores.slice(0, Math.ceil(plan.customers / customersPerCounter));
  for (const [index, store] of counted.entries()) {
    for (let count = 0; count < countsPerDay; count++) {
      const at = midnight + (openingHour + 3 * (count + 1)) * 3_600_000 + index * 1_000;
      const properties = { store_id: store.id, visitors: Math.round(perCount * (0.5 + draws.next())) };
      const messageId = `${tag}-${day.toString(36)}-door-${String(index)}-${String(count)}`;
      const call = { type: "track", messageId, timestamp: new Date(at).toISOString(), event: "Footfall Counted" };
      out({ source: "iot", person: -1 - index, at, call: { ...call, properties, anonymousId: nobody } });
    }
  }
}

const seasons = new Map<number, number>();
const maxSeasons = 4_000;

/** A memo of a pure function. */
function seasonOfDay(midnight: number): number {
  let season = seasons.get(midnight);
  if (season === undefined) {
    season = seasonOf(midnight);
    if (seasons.size >= maxSeasons) seasons.clear();
    seasons.set(midnight, season);
  }
  return season;
}

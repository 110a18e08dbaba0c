import { misspelt } from "./dirt.ts";
import { drawsFrom, hash32 } from "./draws.ts";
import { identifierIn, slot } from "./identities.ts";
import { personaOf, visitsPerDay, type Persona, type RetailerPlan } from "./persona.ts";
import { openRetailer } from "./retailer.ts";
import type { Sent } from "./truth.ts";

/** People worth looking at, and what to type to find them. */
export interface Showcase {
  /** As it is spelt, and as somebody in a hurry types it. */
  misspelt: { name: string; typed: string };
  /** Somebody whom most of the sources know. */
  joined: { name: string; email: string; userId: string; loyaltyCard: string };
}

/** Looked for among the first of the customers: a walk through all of a large retailer's would take seconds. */
const maxLookedAt = 5_000;

/** Customers times days that are acted out to see who really was where: under a second. */
const maxActedOut = 400_000;
/** What the suggestions name: it must have been sent in the history. */
const named = [slot.email, slot.userId, slot.card];

export function showcaseOf(plan: RetailerPlan): Showcase {
  const sent = sentInHistory(plan);
  const people = Array.from({ length: Math.min(plan.customers, maxLookedAt) }, (_, index) => personaOf(plan, index));
  const joined = best(people, (persona) => {
    const isNamed = named.every((at) => sent.has(persona.index, at));
    return (isNamed ? 100 : 0) + known(persona) + 30 * Math.min(0.4, visitsPerDay(plan, persona.index));
  });
  const namesakes = Map.groupBy(people, nameOf);
  const simple = best(people, (persona) => {
    if (nameOf(persona) === nameOf(joined)) return -1;
    const isOnlyOne = namesakes.get(nameOf(persona))?.length === 1;
    return (isOnlyOne ? 10 : 0) + plainness(persona) + visitsPerDay(plan, persona.index);
  });
  const { given, family } = simple.name;
  const draws = drawsFrom(hash32(plan.seed, simple.index, 0x5407));
  return {
    misspelt: {
      name: nameOf(simple),
      typed: `${misspelt(given.toLowerCase(), draws)} ${misspelt(family.toLowerCase(), draws)}`,
    },
    joined: {
      name: nameOf(joined),
      email: identifierIn(plan, joined, slot.email),
      userId: identifierIn(plan, joined, slot.userId),
      loyaltyCard: identifierIn(plan, joined, slot.card),
    },
  };
}

function nameOf({ name }: Persona): string {
  return `${name.given} ${name.family}`;
}

/** Of a large retailer, only the history's last days. */
function sentInHistory(plan: RetailerPlan): Sent {
  const days = Math.min(plan.days, Math.max(1, Math.floor(maxActedOut / plan.customers)));
  const retailer = openRetailer(plan, plan.days - days);
  for (let day = plan.days - days; day < plan.days; day++) retailer.day(day);
  return retailer.sent;
}

function best(people: readonly Persona[], score: (persona: Persona) => number): Persona {
  return people.reduce((held, persona) => (score(persona) > score(held) ? persona : held));
}

function known({ has, joinedDay, emailChangesOn, cardChangesOn }: Persona): number {
  const settled = joinedDay < 0 && Math.min(emailChangesOn, cardChangesOn) > 365;
  return [has.login, has.app, has.card, has.crm, has.social, settled].filter(Boolean).length * 2;
}

/** A name in plain letters, long enough that two slips leave it recognisable, of somebody the systems know well. */
function plainness({ name, has, joinedDay }: Persona): number {
  const isPlain = [name.given, name.family].every((part) => /^[A-Z][a-z]{5,10}$/.test(part));
  return (isPlain ? 20 : 0) + (has.crm ? 4 : 0) + (has.login ? 4 : 0) + (joinedDay < 0 ? 2 : 0);
}

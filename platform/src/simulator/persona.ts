import { categories, stores, type Store } from "./catalogue.ts";
import { hash32, share } from "./draws.ts";
import { nameOf, type FullName } from "./names.ts";

/** The retailer that a run is about. Everything that happens follows from these. */
export interface RetailerPlan {
  /** 32 bits. */
  seed: number;
  /** From 1. */
  customers: number;
  /** UTC ms, a midnight: the first day of the history. */
  startMs: number;
  /** Of the history. */
  days: number;
}

export interface Address {
  street: string;
  city: string;
  postalCode: string;
  country: string;
}

/** A customer as they are, whatever the systems make of it. A function of the plan and of `index`. */
export interface Persona {
  /** From 0. */
  index: number;
  name: FullName;
  /** `YYYY-MM-DD` */
  birthday: string;
  address: Address;
  currency: string;
  store: Store;
  favouriteCategory: string;
  /** Index of the household's first member; members share a surname as a rule, an address and a landline. */
  household: number;
  householdSize: number;
  /** The day of the history on which they become a customer; negative for those who were one before. */
  joinedDay: number;
  /** Days on which something changes; past the history for those with whom it never does. */
  emailChangesOn: number;
  phoneChangesOn: number;
  cardChangesOn: number;
  deviceChangesOn: number;
  has: {
    login: boolean;
    app: boolean;
    card: boolean;
    /** Known to the CRM. Who has neither this nor a login nor a card has this. */
    crm: boolean;
    /** A second record in the CRM that nobody noticed. */
    crmTwice: boolean;
    social: boolean;
    landline: boolean;
    familyComputer: boolean;
    workEmail: boolean;
  };
  wantsEmail: boolean;
  wantsSms: boolean;
  /** Remembered by the shop's cookie: signs in once and stays so. */
  staysSignedIn: boolean;
  /** Shares of visits; they add up to 1. */
  channels: { web: number; mobile: number; store: number };
}

/** Names the draws about a person, so that none depends on another. */
const draw = {
  culture: 1,
  given: 2,
  family: 3,
  birthday: 4,
  city: 5,
  street: 6,
  joined: 8,
  emailChange: 9,
  phoneChange: 10,
  cardChange: 11,
  deviceChange: 12,
  login: 13,
  app: 14,
  card: 15,
  crm: 16,
  crmTwice: 17,
  social: 18,
  landline: 19,
  computer: 20,
  work: 21,
  email: 22,
  sms: 23,
  signedIn: 24,
  mix: 25,
  category: 26,
  abroad: 27,
  ownName: 28,
  visits: 29,
  householdSizes: 30,
} as const;

export function personHash(plan: RetailerPlan, index: number, about: number): number {
  return hash32(plan.seed, index, about, 0x9e37);
}

/** How ten neighbours live together. */
const householdPatterns: readonly (readonly number[])[] = [
  [1, 1, 1, 1, 1, 1, 2, 2],
  [1, 1, 1, 2, 2, 3],
  [1, 1, 2, 2, 4],
  [1, 1, 1, 1, 1, 5],
];
const neighbours = 10;

function householdOf(plan: RetailerPlan, index: number): { household: number; householdSize: number } {
  const first = index - (index % neighbours);
  const sizes = householdPatterns[personHash(plan, first, draw.householdSizes) % householdPatterns.length] ?? [];
  let household = first;
  for (const size of sizes) {
    if (index < household + size) {
      return { household, householdSize: Math.min(size, plan.customers - household) };
    }
    household += size;
  }
  return { household: index, householdSize: 1 };
}

export function personaOf(plan: RetailerPlan, index: number): Persona {
  const { household, householdSize } = householdOf(plan, index);
  const chance = (about: number, probability: number): boolean => share(personHash(plan, index, about)) < probability;
  const home = (about: number): number => personHash(plan, household, about);
  const login = chance(draw.login, 0.72);
  const card = chance(draw.card, 0.55);
  const app = login && chance(draw.app, 0.45);
  const crm = (!login && !card) || chance(draw.crm, 0.8);
  return {
    index,
    name: nameIn(plan, index, household),
    birthday: birthdayOf(personHash(plan, index, draw.birthday)),
    ...placeOf(plan, household),
    store: stores[home(draw.city) % stores.length] as Store,
    favouriteCategory: categories[personHash(plan, index, draw.category) % categories.length] ?? "Home",
    household,
    householdSize,
    joinedDay: joinedDayOf(plan, share(personHash(plan, index, draw.joined))),
    emailChangesOn: changeDay(plan, share(personHash(plan, index, draw.emailChange)), 0.08),
    phoneChangesOn: changeDay(plan, share(personHash(plan, index, draw.phoneChange)), 0.06),
    cardChangesOn: changeDay(plan, share(personHash(plan, index, draw.cardChange)), 0.07),
    deviceChangesOn: changeDay(plan, share(personHash(plan, index, draw.deviceChange)), 0.2),
    has: {
      login,
      app,
      card,
      crm,
      crmTwice: crm && chance(draw.crmTwice, 0.04),
      social: chance(draw.social, 0.25),
      landline: householdSize > 1 && share(home(draw.landline)) < 0.3,
      familyComputer: householdSize > 1 && share(home(draw.computer)) < 0.3,
      workEmail: chance(draw.work, 0.12),
    },
    wantsEmail: chance(draw.email, 0.62),
    wantsSms: chance(draw.sms, 0.25),
    staysSignedIn: chance(draw.signedIn, 0.55),
    channels: channelsOf({ login, app, card }, share(personHash(plan, index, draw.mix))),
  };
}

/** Two thirds were customers before the history begins. */
function joinedDayOf({ days }: RetailerPlan, drawn: number): number {
  return Math.floor((drawn * 3 - 2) * days);
}

/** A day of a year, with `probability` within one, whatever the length of the history. */
function changeDay({ days }: RetailerPlan, drawn: number, probability: number): number {
  const year = Math.max(days, 1) > 365 ? days : 365;
  return drawn < probability ? Math.floor((drawn / probability) * year) : Number.MAX_SAFE_INTEGER;
}

function nameIn(plan: RetailerPlan, index: number, household: number): FullName {
  // In one household of five each keeps a name of their own.
  const isOwn = share(personHash(plan, index, draw.ownName)) < 0.2;
  const family = isOwn ? index : household;
  return nameOf(
    personHash(plan, family, draw.culture),
    personHash(plan, index, draw.given),
    personHash(plan, family, draw.family),
  );
}

const oldestYear = 1940;
const birthYears = 66;
const daysOfMonth = 28;

function birthdayOf(hash: number): string {
  const year = oldestYear + (hash % birthYears);
  const month = 1 + (Math.floor(hash / birthYears) % 12);
  const day = 1 + (Math.floor(hash / (birthYears * 12)) % daysOfMonth);
  return `${String(year)}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

const streets = "High Street,Station Road,Church Lane,Victoria Road,Mill Lane,Green Lane,Park Avenue,Kings Road".split(
  ",",
);
const abroad = [
  { city: "Dublin", country: "IE", currency: "EUR" },
  { city: "München", country: "DE", currency: "EUR" },
  { city: "New York", country: "US", currency: "USD" },
  { city: "Malmö", country: "SE", currency: "SEK" },
] as const;

function placeOf(plan: RetailerPlan, household: number): { address: Address; currency: string } {
  const hash = personHash(plan, household, draw.street);
  const street = `${String(1 + (hash % 180))} ${streets[Math.floor(hash / 180) % streets.length] ?? ""}`;
  const postalCode = `NG${String(1 + (Math.floor(hash / 7) % 90))} ${String(1 + (hash % 9))}AB`;
  const away = personHash(plan, household, draw.abroad);
  if (share(away) < 0.04) {
    const { city, country, currency } = abroad[away % abroad.length] ?? abroad[0];
    return { address: { street, city, postalCode: String(10_000 + (hash % 89_999)), country }, currency };
  }
  const { city } = stores[personHash(plan, household, draw.city) % stores.length] as Store;
  return { address: { street, city, postalCode, country: "GB" }, currency: "GBP" };
}

function channelsOf(
  { login, app, card }: { login: boolean; app: boolean; card: boolean },
  mix: number,
): Persona["channels"] {
  const web = login ? 0.3 + mix * 0.5 : 0.15 + mix * 0.3;
  const mobile = app ? 0.5 * (1 - mix) + 0.15 : 0;
  const store = card ? 0.6 : login ? 0.15 : 0.7;
  const sum = web + mobile + store;
  return { web: web / sum, mobile: mobile / sum, store: store / sum };
}

const leastVisitsPerDay = 0.011;
const mostVisitsPerDay = 0.9;
const paretoShape = 1.25;

/**
 * Visits on an average day. Pareto: most come a few times a year, a few almost daily, as Zipf found of most things
 * that people do (V. Pareto 1896; shape 1.25 gives the upper fifth about 70 % of the visits before the cap).
 */
export function visitsPerDay(plan: RetailerPlan, index: number): number {
  const drawn = share(personHash(plan, index, draw.visits));
  return Math.min(mostVisitsPerDay, leastVisitsPerDay * (1 - drawn) ** (-1 / paretoShape));
}

import type { JsonValue } from "../../model/event.ts";
import { parseIdentifierKey } from "../../model/identifier.ts";
import type { Profile } from "../../model/profile.ts";

/** Made-up customer records with a known truth: households, slips of the pen, moves, missing values. */
export interface FakeRecord {
  id: string;
  person: string;
  given: string;
  surname: string;
  birth: string;
  street: string;
  city: string;
  postcode: string;
  email: string;
  phone: string;
}

const syllables = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo za bre cla dri flo gru".split(" ");
const places = ["Ashford", "Millbridge", "Northport", "Elmworth", "Stonewick", "Kingsbury", "Farley", "Westmouth"];

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Records of `people` people, 1 to 4 each, in an order that says nothing. */
export function fakeRecords(people: number, seed: number): FakeRecord[] {
  const draw = draws(seed);
  const whole = (below: number): number => Math.floor(draw() * below);
  const word = (parts: number): string =>
    Array.from({ length: parts }, () => syllables[whole(syllables.length)] ?? "").join("");
  const records: FakeRecord[] = [];
  for (let person = 0; person < people;) {
    const home = {
      surname: word(3),
      street: `${1 + whole(200)} ${word(2)} road`,
      city: places[whole(places.length)] ?? "",
      postcode: String(10_000 + whole(900)),
    };
    for (let members = 1 + whole(3); members > 0 && person < people; members--, person++) {
      const given = word(2);
      const birth = new Date(Date.UTC(1940 + whole(65), whole(12), 1 + whole(28))).toISOString().slice(0, 10);
      const email = `${given}.${home.surname}${whole(100)}@example.${draw() < 0.5 ? "com" : "org"}`;
      const phone = `07${String(whole(1e9)).padStart(9, "0")}`;
      for (let copies = 1 + whole(4); copies > 0; copies--) {
        const kept = (value: string, missing: number): string =>
          draw() < missing ? "" : draw() < 0.06 ? slip(value, whole) : value;
        records.push({
          id: "",
          person: `p${person}`,
          given: kept(given, 0.02),
          surname: kept(home.surname, 0.02),
          birth: kept(birth, 0.15),
          street: kept(home.street, 0.1),
          city: kept(home.city, 0.1),
          postcode: kept(home.postcode, 0.1),
          email: kept(email, 0.2),
          phone: kept(phone, 0.3),
        });
      }
    }
  }
  for (let at = records.length - 1; at > 0; at--) {
    const other = whole(at + 1);
    const [a, b] = [records[at], records[other]];
    if (a !== undefined && b !== undefined) [records[at], records[other]] = [b, a];
  }
  return records.map((record, at) => ({ ...record, id: `r${at}` }));
}

function slip(value: string, whole: (below: number) => number): string {
  const at = whole(value.length);
  return whole(2) === 0
    ? value.slice(0, at) + value.slice(at + 1)
    : value.slice(0, at) + (value[at] ?? "") + value.slice(at);
}

/** CSV with a header; `columns` by header, from a record. */
export function csvText(
  records: readonly FakeRecord[],
  columns: Readonly<Record<string, (record: FakeRecord) => string>>,
): string {
  const rows = records.map((record) => Object.values(columns).map((value) => value(record)));
  return [Object.keys(columns), ...rows]
    .map((row) => `${row.map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`)
    .join("");
}

export const plainColumns: Readonly<Record<string, (record: FakeRecord) => string>> = {
  customer_id: ({ id }) => id,
  person: ({ person }) => person,
  first_name: ({ given }) => given,
  last_name: ({ surname }) => surname,
  date_of_birth: ({ birth }) => birth,
  street: ({ street }) => street,
  city: ({ city }) => city,
  postcode: ({ postcode }) => postcode,
  email: ({ email }) => email,
  phone: ({ phone }) => phone,
};

/** A profile with these traits and identifiers, and nothing else that matters. */
export function profileOf(id: string, traits: Readonly<Record<string, unknown>>, keys: readonly string[]): Profile {
  const at = "2026-01-15T12:00:00.000Z";
  const revenue = { amount: 0, currency: "GBP" };
  const identifiers = keys.map((key) => {
    const { type, value } = parseIdentifierKey(key);
    return { type, value, firstSeenAt: at, lastSeenAt: at, sources: ["crm"] };
  });
  const said = Object.entries(traits).filter(([, value]) => value !== undefined);
  return {
    id,
    identifiers,
    traits: Object.fromEntries(
      said.map(([name, value]) => [name, { value: value as JsonValue, source: "crm", messageId: "m", occurredAt: at }]),
    ),
    computed: {
      eventCount: 1,
      orderCount: 0,
      refundCount: 0,
      revenue,
      revenueByCurrency: {},
      averageOrderValue: {},
      firstOrderAt: null,
      lastOrderAt: null,
      daysBetweenOrders: null,
      favouriteCategory: null,
      favouriteChannel: null,
      rfm: { lastOrderAt: null, frequency: 0, monetary: revenue },
    },
    consents: {},
    firstSeenAt: at,
    lastSeenAt: at,
    sources: ["crm"],
    retiredIds: [],
  };
}

/** The traits that a CRM sends of a record. */
export function traitsOf(record: FakeRecord): Record<string, unknown> {
  const { given, surname, birth, street, city, postcode, email, phone } = record;
  const address = { street, city, postalCode: postcode };
  return { firstName: given, lastName: surname, birthday: birth, address, email, phone };
}

/** The columns of a file that says of records what a profile says. */
export const profileFileColumns: Readonly<Record<string, (record: FakeRecord) => string>> = {
  id: ({ id }) => id,
  first_name: ({ given }) => given,
  last_name: ({ surname }) => surname,
  birthday: ({ birth }) => birth,
  street: ({ street }) => street,
  city: ({ city }) => city,
  postcode: ({ postcode }) => postcode,
  email: ({ email }) => email,
  phone: ({ phone }) => phone,
};

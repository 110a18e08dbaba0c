import { identifiersOfCall } from "@c360/platform/src/model/callIdentifiers.ts";
import { identifierKey } from "@c360/platform/src/model/identifier.ts";
import { normaliseIdentifier } from "@c360/platform/src/model/normalise.ts";
import { identifierIn, slot, typeOfSlot } from "@c360/platform/src/simulator/identities.ts";
import { personaOf, type RetailerPlan } from "@c360/platform/src/simulator/persona.ts";
import { openRetailer, type Retailer } from "@c360/platform/src/simulator/retailer.ts";
import { truthOf } from "@c360/platform/src/simulator/truth.ts";

/** Who is who among the identifiers that a plan sends, and what of it the evidence connects. */
export interface RetailTruth {
  /** Identifiers of one person each, by their number. */
  keys: string[];
  numbers: Map<string, number>;
  person: Int32Array;
  evidence: Int32Array;
  /** Used by several people by design: household computers, landlines, recycled phones, the shops' own cards. */
  shared: string[];
  /** By person, what of it they use. */
  sharedOf: Map<number, { key: string; kind: string }[]>;
  events: number;
  /** Of a person, by number. */
  householdOf: (person: number) => number;
}

/** Makes the retailer again beside the one that was sent; the same plan is the same retailer. */
export function retailTruthOf(plan: RetailerPlan): RetailTruth {
  const retailer = openRetailer(plan);
  const together = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let next = together.get(root); next !== undefined && next !== root; next = together.get(root)) root = next;
    for (let at = key; at !== root;) {
      const next = together.get(at) ?? root;
      together.set(at, root);
      at = next;
    }
    return root;
  };
  // Shared identifiers are only known at the end: the combinations are kept, each once.
  const combinations = new Set<string>();
  let events = 0;
  for (let day = 0; day < plan.days; day++) {
    for (const { call } of retailer.day(day)) {
      events++;
      const { identifiers } = identifiersOfCall(call);
      if (identifiers.length > 1) combinations.add(identifiers.join("\n"));
    }
  }
  const { owners, shared, sharedOf } = ownersOf(plan, retailer);
  for (const combination of combinations) {
    const [first, ...others] = combination.split("\n").filter((key) => owners.has(key));
    if (first !== undefined) for (const other of others) together.set(rootOf(other), rootOf(first));
  }
  const keys = [...owners.keys()];
  const numbers = new Map(keys.map((key, number) => [key, number]));
  return {
    keys,
    numbers,
    person: Int32Array.from(keys, (key) => owners.get(key) ?? 0),
    evidence: Int32Array.from(keys, (key) => numbers.get(rootOf(key)) ?? 0),
    shared: [...shared],
    sharedOf,
    events,
    householdOf: (person) => personaOf(plan, person - 1).household,
  };
}

/** What several people use by design, and what it is. Numbers that carriers give out again are anybody's phone slots. */
const sharedSlots: readonly (readonly [at: number, kind: string])[] = [
  [slot.familyComputer, "household computer"],
  [slot.landline, "landline"],
  [slot.houseCard, "the till's loyalty card"],
  [slot.houseEmail, "the till's e-mail"],
  [slot.phone, "recycled phone"],
  [slot.phoneLater, "recycled phone"],
];

function ownersOf(plan: RetailerPlan, { sent }: Retailer) {
  const owners = new Map<string, number>();
  const users = new Map<string, number[]>();
  for (const { person, type, value } of truthOf(plan, sent)) {
    const key = `${type}:${value}`;
    const number = Number(person.slice("person-".length));
    const before = owners.get(key);
    if (before !== undefined && before !== number) users.set(key, [...(users.get(key) ?? [before]), number]);
    owners.set(key, number);
  }
  const sharedOf: RetailTruth["sharedOf"] = new Map();
  for (const [key, people] of users) {
    owners.delete(key);
    for (const person of people) {
      const kind = kindOfShared(plan, person, key);
      sharedOf.set(person, [...(sharedOf.get(person) ?? []), { key, kind }]);
    }
  }
  return { owners, shared: new Set(users.keys()), sharedOf };
}

function kindOfShared(plan: RetailerPlan, person: number, key: string): string {
  const persona = personaOf(plan, person - 1);
  const isIn = (at: number): boolean => {
    const identifier = normaliseIdentifier(typeOfSlot(at), identifierIn(plan, persona, at));
    return identifier !== null && identifierKey(identifier) === key;
  };
  return sharedSlots.find(([at]) => isIn(at))?.[1] ?? "something else";
}

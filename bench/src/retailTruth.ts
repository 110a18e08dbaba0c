import { identifiersOfCall } from "@c360/platform/src/model/callIdentifiers.ts";
import { personaOf, type RetailerPlan } from "@c360/platform/src/simulator/persona.ts";
import { openRetailer } from "@c360/platform/src/simulator/retailer.ts";
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
  const owners = new Map<string, number>();
  const shared = new Set<string>();
  for (const { person, type, value } of truthOf(plan, retailer.sent)) {
    const key = `${type}:${value}`;
    if (owners.has(key)) shared.add(key);
    owners.set(key, Number(person.slice("person-".length)));
  }
  for (const key of shared) owners.delete(key);
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
    events,
    householdOf: (person) => personaOf(plan, person - 1).household,
  };
}

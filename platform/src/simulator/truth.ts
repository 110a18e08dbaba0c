import { normaliseIdentifier } from "../model/normalise.ts";
import { identifierIn, maxSlots, typeOfSlot, type Slot } from "./identities.ts";
import { personaOf, type RetailerPlan } from "./persona.ts";

/** Which identifiers of which person have been sent: two words of bits a person. */
export interface Sent {
  mark(person: number, slot: Slot): void;
  has(person: number, slot: Slot): boolean;
}

const wordsPerPerson = maxSlots / 32;

export function nothingSent(customers: number): Sent {
  const bits = new Uint32Array(customers * wordsPerPerson);
  const wordOf = (person: number, at: Slot): number => person * wordsPerPerson + (at >>> 5);
  return {
    mark: (person, at) => {
      const word = wordOf(person, at);
      bits[word] = (bits[word] ?? 0) | (1 << (at & 31));
    },
    has: (person, at) => ((bits[wordOf(person, at)] ?? 0) & (1 << (at & 31))) !== 0,
  };
}

export interface TruthRow {
  person: string;
  type: string;
  /** In the platform's normal form. */
  value: string;
}

/** One row for each identifier that each person was sent under. What several people use has a row for each of them. */
export function* truthOf(plan: RetailerPlan, sent: Sent): Generator<TruthRow> {
  for (let index = 0; index < plan.customers; index++) {
    const persona = personaOf(plan, index);
    const person = personName(index);
    for (let at = 0; at < maxSlots; at++) {
      if (!sent.has(index, at)) continue;
      const identifier = normaliseIdentifier(typeOfSlot(at), identifierIn(plan, persona, at));
      if (identifier !== null) yield { person, ...identifier };
    }
  }
}

function personName(index: number): string {
  return `person-${String(index + 1)}`;
}

export const truthHeader = "person,identifier_type,identifier_value\n";

export function truthLine({ person, type, value }: TruthRow): string {
  return `${person},${type},${quoted(value)}\n`;
}

/** RFC 4180. */
function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

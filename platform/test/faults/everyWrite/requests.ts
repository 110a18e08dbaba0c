import type { JsonObject } from "../../../src/model/event.ts";
import { callOf, kinds, messageIdOf, netMinorOf, refusableCallOf } from "../../whole/customersStory.ts";

const name = "e";
/** Of which one request has this many, one that was taken before, and one that can only be refused. */
export const eventsARequest = 5;

function numbersOf(request: number): number[] {
  return Array.from({ length: eventsARequest }, (_, n) => request * eventsARequest + n);
}

export function callsOf(request: number): JsonObject[] {
  const numbers = numbersOf(request);
  const first = request * eventsARequest;
  const again = request > 0 ? [callOf(name, Math.floor(first / 2))] : [];
  return [...numbers.map((n) => callOf(name, n)), ...again, refusableCallOf(name, first)];
}

/** What there has to be once the requests 0 to `requests` were taken, each of them once or more. */
export interface Expected {
  messageIds: string[];
  refusedIds: string[];
  netMinor: number;
  orders: number;
  people: number;
}

export function expectedOf(requests: number): Expected {
  const numbers = Array.from({ length: requests }, (_, request) => numbersOf(request)).flat();
  return {
    messageIds: numbers.map((n) => messageIdOf(name, n)),
    refusedIds: Array.from({ length: requests }, (_, request) => `${name}:refused:${request * eventsARequest}`),
    netMinor: numbers.reduce((sum, n) => sum + netMinorOf(n), 0),
    orders: numbers.filter((n) => n % kinds === 2).length,
    people: numbers.filter((n) => n % kinds === 0).length,
  };
}

import type { StoredRecord } from "../../../platform/src/buffer/eventBuffer.ts";
import type { AcceptedEvent } from "../../../platform/src/model/event.ts";
import { fragmentKey } from "../../../platform/src/model/fragment.ts";
import { fragmentIdOf, messageKeyOf, type KeyedHash } from "../../../platform/src/model/keyedHash.ts";
import { encodeRecord } from "../../../platform/src/model/logRecord.ts";
import { visits } from "../catalogue.ts";
import { openShop, type Customer } from "../events.ts";
import { strideFor } from "../popularity.ts";
import { drawsAt, type Draws } from "../seededDraws.ts";
import {
  allShares,
  eventKinds,
  lineStride,
  mostLines,
  shopProducts,
  tiers,
  type EventKind,
  type TemplateName,
} from "./kinds.ts";
import { positionOf, ticksPerEvent, ticksPerMs, type LakePlan } from "./plan.ts";

/** Numbers of an event, in the order of its draws (`drawsOf`). */
export const octaves = 10;
export const octaveSteps = 2 ** 20;
export const visitorPercent = 30;
export const maxDelayMs = 2_000;

export interface Who {
  kind: EventKind;
  customer: number;
  combination: Combination;
}

export interface HistoryEvent extends Who {
  n: number;
  product: number;
  visit: number;
  /** 24 bits, from which the details are taken. */
  details: number;
  messageId: string;
  /** UTC ms. */
  occurredAt: number;
  receivedAt: number;
}

/** The history event by event. `historySql` is the same in SQL; a test holds the two together. */
export interface History {
  plan: LakePlan;
  event(n: number): HistoryEvent;
  /** What an event is and whose, by its first draws alone. */
  who(n: number): Who;
  totalCents(event: HistoryEvent): number;
  /** The call as a shop sends it, as JSON. */
  call(event: HistoryEvent): string;
  record(event: HistoryEvent, hash: KeyedHash): StoredRecord;
}

export function historyOf(plan: LakePlan): History {
  const { seed, customers } = plan;
  const shop = openShop(seed, customers);
  const products = shopProducts(seed);
  const contexts = visits(seed);
  const ticks = ticksPerEvent(plan);
  const stride = strideFor(customers);
  const kindOf = kindTable();

  const drawWho = (draws: Draws): Who => {
    const kind = kindOf[draws.below(allShares)] as EventKind;
    const octave = draws.below(octaves);
    const step = draws.below(octaveSteps);
    const isVisitor = draws.below(100) < visitorPercent;
    const customer = (rankOf(octave, step, customers) * stride) % customers;
    const combination = kind.carries === "visit" ? (isVisitor ? "visitor" : "login") : kind.carries;
    return { kind, customer, combination };
  };
  const event = (n: number): HistoryEvent => {
    const draws = drawsAt(seed, n);
    const who = drawWho(draws);
    const [product, visit, details] = [draws.below(products.length), draws.below(contexts.length), draws.bits() >>> 8];
    const messageId = `ajs-next-${hex(draws.bits())}${hex(draws.bits())}-${n}`;
    const occurredAt = plan.startMs + Math.floor((n * ticks) / ticksPerMs);
    const receivedAt = occurredAt + (details % maxDelayMs);
    return { n, ...who, product, visit, details, messageId, occurredAt, receivedAt };
  };
  const productOf = ({ product }: HistoryEvent, nth: number) => {
    const found = products[(product + nth * lineStride) % products.length];
    if (found === undefined) throw new RangeError("the catalogue has no such product");
    return found;
  };
  const totalCents = (of: HistoryEvent): number =>
    linesOf(of).reduce((sum, { nth, quantity }) => sum + productOf(of, nth).priceCents * quantity, 0);
  const lines = (of: HistoryEvent): string =>
    linesOf(of)
      .map(({ nth, quantity }) => `{"quantity":${quantity},${productOf(of, nth).line}}`)
      .join(",");

  const value = (name: TemplateName, of: HistoryEvent, email: string): string => {
    if (name === "position") return String(of.details % 48);
    if (name === "quantity") return String(linesOf(of)[0]?.quantity);
    if (name === "order") return `${seed}-${of.n}`;
    if (name === "total") return String(totalCents(of) / 100);
    if (name === "lines") return lines(of);
    if (name === "email") return email;
    if (name === "firstName") return email.split(".")[0] ?? "";
    if (name === "lastName") return email.split(".")[1] ?? "";
    if (name === "tier") return tiers[of.details % tiers.length] ?? "";
    return productOf(of, 0)[name];
  };

  const call = (of: HistoryEvent): string => {
    const { type, event: name, template } = of.kind;
    const { userId, anonymousId, email } = shop.customer(of.customer);
    const login = of.combination === "visitor" ? "" : `"userId":"${userId}",`;
    const filled = template.replaceAll(/\$([a-zA-Z]+)/g, (_, one: TemplateName) => value(one, of, email));
    const named = name === null ? "" : `"${type === "page" ? "name" : "event"}":"${name}",`;
    return `{"type":"${type}",${named}${login}"anonymousId":"${anonymousId}","${
      type === "identify" ? "traits" : "properties"
    }":${filled},"context":${contexts[of.visit]},"messageId":"${of.messageId}","timestamp":"${new Date(of.occurredAt).toISOString()}"}`;
  };

  const record = (of: HistoryEvent, hash: KeyedHash): StoredRecord => {
    const text = call(of);
    const identifiers = identifiersOf(shop.customer(of.customer), of.combination);
    const accepted: Omit<AcceptedEvent, "body"> = {
      status: "accepted",
      ...source,
      messageId: of.messageId,
      type: of.kind.type,
      event: of.kind.event,
      receivedAt: of.receivedAt,
      occurredAt: of.occurredAt,
      originalTimestamp: of.occurredAt,
      flags: [],
      identifiers,
      aliasOf: [],
    };
    return {
      position: positionOf(plan, of.n),
      fragment: fragmentIdOf(hash, fragmentKey(identifiers, source.source)),
      message: messageKeyOf(hash, source.source, of.messageId),
      payload: encodeRecord({ ...accepted, body: {} }, text),
    };
  };
  return {
    plan,
    event,
    who: (n) => drawWho(drawsAt(seed, n)),
    totalCents,
    call,
    record,
  };
}

/** The source that `C360_WRITE_KEY` is the key of: what is sent later comes from it too. */
export const source = { source: "default", sourceKind: "web" } as const;

export type Combination = "everything" | "login" | "visitor";
export const combinations: readonly Combination[] = ["everything", "login", "visitor"];

/** Normalised and sorted, as an event's fragment is keyed by them. */
export function identifiersOf({ userId, anonymousId, email }: Customer, combination: Combination): string[] {
  const browser = `anonymous_id:${anonymousId}`;
  if (combination === "visitor") return [browser];
  if (combination === "login") return [browser, `user_id:${userId}`];
  return [browser, `email:${email}`, `user_id:${userId}`];
}

/** Ranks are spread evenly within each octave: Zipf's law in ten steps, in whole numbers. */
function rankOf(octave: number, step: number, customers: number): number {
  const place = 2 ** octave * (octaveSteps + step) - octaveSteps;
  return Math.floor((place * customers) / (octaveSteps * (2 ** octaves - 1)));
}

/** Quantities of an order's one to four lines; two bits each. */
function linesOf({ details }: HistoryEvent): { nth: number; quantity: number }[] {
  return Array.from({ length: 1 + (details % mostLines) }, (_, nth) => ({
    nth,
    quantity: 1 + ((details >>> (2 + 2 * nth)) & 3),
  }));
}

/** By a draw below {@link allShares}. */
function kindTable(): EventKind[] {
  return eventKinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, "0");
}

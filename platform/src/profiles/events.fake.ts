import * as fc from "fast-check";
import type { AcceptedEvent, JsonObject } from "../model/event.ts";
import { fragmentKey, type FragmentState } from "../model/fragment.ts";
import type { IdentifierKey } from "../model/identifier.ts";
import { fragmentIdOf, keyedHash } from "../model/keyedHash.ts";
import type { OrderState } from "../model/order.ts";
import type { Profile } from "../model/profile.ts";
import type { SourceKind } from "../model/source.ts";
import { composeProfile } from "./compose.ts";
import { ownerOf } from "./figures.ts";
import { emptyFragment, foldEvent } from "./fold.ts";
import { applyOrderEffect, emptyOrder, orderEffectOf, type OrderEffect } from "./orders.ts";

export const hash = keyedHash(new Uint8Array(32).fill(7));
export const homeCurrency = "GBP";
/** 2026-03-01T00:00:00Z. */
export const march = 1_772_323_200_000;
export const day = 86_400_000;

let made = 0;

/** An accepted event of `web`, at a fixed time; every one has a messageId of its own unless it is given. */
export function eventOf(given: Partial<AcceptedEvent> = {}): AcceptedEvent {
  made += 1;
  const occurredAt = given.occurredAt ?? march;
  return {
    status: "accepted",
    source: "web",
    sourceKind: "web",
    messageId: `m${made}`,
    type: "track",
    event: null,
    receivedAt: occurredAt + 1_000,
    occurredAt,
    originalTimestamp: null,
    flags: [],
    identifiers: ["email:ada@example.com"],
    aliasOf: [],
    body: {},
    ...given,
  };
}

export function identify(traits: JsonObject, given: Partial<AcceptedEvent> = {}): AcceptedEvent {
  return eventOf({ type: "identify", body: { traits }, ...given });
}

/** An order event; the source's name is its kind. */
export function order(
  event: string,
  properties: JsonObject,
  kind: SourceKind = "web",
  given: Partial<AcceptedEvent> = {},
): AcceptedEvent {
  return eventOf({ event, source: kind, sourceKind: kind, body: { properties }, ...given });
}

export function effectOf(event: AcceptedEvent, fragment = fragmentOf(event)): OrderEffect {
  const effect = orderEffectOf(event, fragment, hash, homeCurrency);
  if (effect === null) throw new TypeError("not an order event");
  return effect;
}

export function fragmentOf(event: AcceptedEvent): string {
  return fragmentIdOf(hash, fragmentKey(event.identifiers, event.source));
}

/** The state of the one order that all the events tell of. */
export function orderFrom(...events: AcceptedEvent[]): OrderState {
  const states = ordersFrom(events);
  const [state] = states.values();
  if (state === undefined || states.size > 1) throw new TypeError(`${states.size} orders, not one`);
  return state;
}

/** By key, sorted. */
export function ordersFrom(events: readonly AcceptedEvent[]): Map<string, OrderState> {
  const states = new Map<string, OrderState>();
  for (const event of events) {
    const effect = orderEffectOf(event, fragmentOf(event), hash, homeCurrency);
    if (effect === null) continue;
    const state = states.get(effect.key) ?? emptyOrder(effect.key, effect.orderId);
    states.set(effect.key, state);
    applyOrderEffect(state, effect);
  }
  return new Map([...states].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function fragmentsFrom(events: readonly AcceptedEvent[]): Map<string, FragmentState> {
  const fragments = new Map<string, FragmentState>();
  for (const event of events) {
    const id = fragmentOf(event);
    const fragment = fragments.get(id) ?? emptyFragment(id, event.identifiers);
    fragments.set(id, fragment);
    foldEvent(fragment, event);
  }
  return fragments;
}

/** One person who is everybody in the events: what ingestion would hand to `composeProfile`. */
export function profileFrom(events: readonly AcceptedEvent[]): Profile {
  return profileOf([...fragmentsFrom(events).values()], [...ordersFrom(events).values()]);
}

export function profileOf(fragments: readonly FragmentState[], orders: readonly OrderState[]): Profile {
  const firstAt = new Map<IdentifierKey, number>();
  for (const fragment of fragments) {
    for (const key of fragment.identifiers) {
      for (const span of Object.values(fragment.spans)) {
        firstAt.set(key, Math.min(firstAt.get(key) ?? Infinity, span.firstAt));
      }
    }
  }
  const own = new Set(fragments.map((fragment) => fragment.id));
  return composeProfile({
    identifiers: [...firstAt].map(([key, at]) => ({ key, firstAt: at })),
    fragments,
    orders: orders.filter((order) => own.has(ownerOf(order))),
    hash,
    homeCurrency,
  });
}

const kinds = fc.constantFrom<SourceKind>("erp", "pos", "crm", "web");
/** Few values each, so that reports meet, times tie and the last writer is decided by the tie. */
const times = fc.integer({ min: 0, max: 4 }).map((days) => march + days * day);
const combinations = fc.constantFrom<readonly IdentifierKey[]>(
  ["anonymous_id:a1"],
  ["email:ada@example.com"],
  ["anonymous_id:a1", "user_id:u1"],
  ["email:ada@example.com", "user_id:u1"],
);
const traitNames = fc.constantFrom("firstName", "city", "__proto__", "constructor", "toString", "10", "2");
const traitRecords = fc.dictionary(traitNames, fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxKeys: 4 });
const amounts = fc.constantFrom<number | string>(5, "7.50", 10.005, -5, "by post", 9e11);
const products = fc.array(
  fc.record({
    sku: fc.constantFrom("mug", "hat"),
    category: fc.constantFrom("Kitchen", "Clothes"),
    quantity: fc.constantFrom<number | string>(1, 2, "0.5", -1),
    price: fc.constantFrom<number | string>(3.335, "4", 0),
  }),
  { maxLength: 3 },
);
const orderBodies = fc.record(
  {
    order_id: fc.constantFrom<number | string>(1, "1", "2", ""),
    refund_id: fc.constantFrom("r1", "r2"),
    total: amounts,
    currency: fc.constantFrom("GBP", "eur", "JPY"),
    channel: fc.constantFrom("shop", "online"),
    products,
  },
  { requiredKeys: [] },
);
const orderNames = fc.constantFrom("Order Completed", "order_updated", "Order Refunded", "Order Cancelled");

type Draft = Partial<AcceptedEvent>;
const drafts: fc.Arbitrary<Draft> = fc.oneof(
  traitRecords.map((traits): Draft => ({ type: "identify", body: { traits } })),
  fc.tuple(traitRecords, traitRecords).map(([traits, inContext]): Draft => ({
    type: "identify",
    body: { traits, context: { traits: inContext } },
  })),
  fc
    .dictionary(fc.constantFrom("email", "__proto__", "ads"), fc.boolean(), { maxKeys: 2 })
    .map((categoryPreferences): Draft => ({
      type: "page",
      body: { context: { consent: { categoryPreferences } } },
    })),
  {
    weight: 3,
    arbitrary: fc.tuple(orderNames, orderBodies).map(([event, properties]): Draft => ({ event, body: { properties } })),
  },
);

/** A person's events from several sources, under several combinations of identifiers, guests included. */
export const histories: fc.Arbitrary<AcceptedEvent[]> = fc
  .array(
    fc.record({ draft: drafts, kind: kinds, occurredAt: times, identifiers: fc.oneof(combinations, fc.constant([])) }),
    { minLength: 1, maxLength: 24 },
  )
  .map((parts) =>
    parts.map(({ draft, kind, occurredAt, identifiers }, index) =>
      eventOf({
        ...draft,
        source: kind,
        sourceKind: kind,
        occurredAt,
        identifiers,
        messageId: `m${(index * 7) % 24}`,
        receivedAt: march + index,
      }),
    ),
  );

/** A history with the same events in another order. */
export const shuffledHistories: fc.Arbitrary<[AcceptedEvent[], AcceptedEvent[]]> = histories.chain((events) =>
  fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length })),
);

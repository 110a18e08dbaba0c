import fc from "fast-check";
import { defaultIdentityRules, personOfFragment, type IdentityRules } from "../identity/index.ts";
import type { NodeDecision } from "../model/evidence.ts";
import type { AcceptedEvent, LogRecord } from "../model/event.ts";
import { isDevice, type FragmentState } from "../model/fragment.ts";
import { parseIdentifierKey } from "../model/identifier.ts";
import { logoutNames, logoutOf } from "../model/logout.ts";
import type { Profile } from "../model/profile.ts";
import { applyOrderEffect, composeProfile, emptyFragment, emptyOrder, foldEvent } from "../profiles/index.ts";
import { orderEffectOf, ownerOf } from "../profiles/index.ts";
import type { OrderState } from "../model/order.ts";
import { accepted, hash, homeCurrency } from "../../test/pipelineHarness.ts";
import { start } from "./smallWorld.fake.ts";
import { aliasEdges, decisionOf, wholeResolution } from "./wholeFold.fake.ts";

/** Few devices and logins, many hours: late logins and logouts cut what was folded. Some events name no device. */
const who = fc.oneof(
  { weight: 4, arbitrary: fc.constant<string[]>([]) },
  { weight: 2, arbitrary: fc.nat(2).map((n) => [`user_id:u${n}`]) },
  { weight: 1, arbitrary: fc.nat(1).map((n) => [`email:e${n}@example.com`]) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(1), fc.nat(2)).map(([e, n]) => [`email:e${e}@example.com`, `user_id:u${n}`]),
  },
  { weight: 1, arbitrary: fc.constant<string[]>(["user_id:null"]) },
);
const device = fc.oneof(
  { weight: 4, arbitrary: fc.constant(["anonymous_id:a"]) },
  { weight: 2, arbitrary: fc.constant(["device_id:d"]) },
  { weight: 2, arbitrary: fc.constant(["anonymous_id:a", "device_id:d"]) },
  { weight: 1, arbitrary: fc.constant(["anonymous_id:b"]) },
  { weight: 1, arbitrary: fc.constant<string[]>([]) },
);
const what = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "view" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "logout" as const }) },
  { weight: 2, arbitrary: fc.nat(3).map((n) => ({ kind: "identify" as const, n })) },
  { weight: 2, arbitrary: fc.nat(2).map((n) => ({ kind: "order" as const, n })) },
  { weight: 1, arbitrary: fc.boolean().map((granted) => ({ kind: "consent" as const, granted })) },
);
export const sharedEvents: fc.Arbitrary<AcceptedEvent[]> = fc
  .array(fc.record({ who, device, what, at: fc.nat(12), source: fc.constantFrom("web", "app") }), {
    minLength: 1,
    maxLength: 24,
  })
  .map((list) => list.map((each, index) => eventOf(each, `m${index}`)));

type Given = { who: readonly string[]; device: readonly string[]; at: number; source: string } & {
  what: { kind: string; n?: number; granted?: boolean };
};

function eventOf({ who: login, device: on, at, source, what: did }: Given, messageId: string): AcceptedEvent {
  const occurredAt = start + at * 3_600_000;
  const common = accepted({ messageId, identifiers: [...login, ...on], source, occurredAt });
  switch (did.kind) {
    case "logout":
      return { ...common, event: "signed_out" };
    case "identify":
      return {
        ...common,
        type: "identify",
        event: null,
        body: { type: "identify", traits: { address: { street: `${did.n} Elm Street`, postalCode: "BS1 4DJ" } } },
      };
    case "order":
      return {
        ...common,
        event: "Order Completed",
        body: { properties: { order_id: `o${did.n}`, total: at + 1, currency: "GBP" } },
      };
    case "consent":
      return {
        ...common,
        body: { context: { consent: { categoryPreferences: { marketing: did.granted === true } } } },
      };
    default:
      return common;
  }
}

/** By event, the index of the person whom it belongs to; -1 for nobody's. */
function ownersIn(
  events: readonly AcceptedEvent[],
  persons: readonly (readonly string[])[],
  rules: IdentityRules,
): number[] {
  const aliases = events.flatMap(aliasEdges);
  const decisions = new Map<string, NodeDecision>();
  for (const key of new Set(events.flatMap((each) => each.identifiers))) {
    decisions.set(key, decisionOf(events, aliases, key, rules));
  }
  return events.map((event) => {
    const own = personOfFragment(event.identifiers, (key) => decisions.get(key) ?? "ordinary", rules);
    const isHanded = own !== null && decisions.get(own) === "shared" && isDevice(own);
    const key = isHanded ? (tenantByHand(events, own, event.occurredAt, rules) ?? own) : own;
    return persons.findIndex((keys) => key !== null && keys.includes(key));
  });
}

/** Each person's profile, each event given to whom it belongs with all boundaries known, and whose each message is. */
export function expectedPeople(
  records: readonly LogRecord[],
  rules: IdentityRules = defaultIdentityRules,
): { profiles: Profile[]; owners: Map<string, string | null> } {
  const events = records.filter((record) => record.status === "accepted");
  const { persons } = wholeResolution(records, rules);
  const owners = ownersIn(events, persons, rules);
  const fragments = new Map<number, FragmentState>();
  const orders = new Map<string, OrderState>();
  for (const [index, event] of events.entries()) {
    const person = owners[index] ?? -1;
    const fragment = fragments.get(person) ?? emptyFragment(String(person), event.identifiers);
    fragments.set(person, fragment);
    foldEvent(fragment, event);
    const effect = orderEffectOf(event, String(person), hash, homeCurrency);
    if (effect === null) continue;
    const order = orders.get(effect.key) ?? emptyOrder(effect.key, effect.orderId);
    orders.set(effect.key, order);
    applyOrderEffect(order, effect);
  }
  const profiles = persons.map((keys, person) => {
    const identifiers = keys.map((key) => ({ key, firstAt: firstAt(events, key) }));
    const own = [...orders.values()].filter((order) => ownerOf(order) === String(person));
    const fragment = fragments.get(person);
    return composeProfile({ identifiers, fragments: fragment ? [fragment] : [], orders: own, hash, homeCurrency });
  });
  const idOf = (index: number) => profiles[owners[index] ?? -1]?.id ?? null;
  return { profiles, owners: new Map(events.map(({ messageId }, index) => [messageId, idOf(index)])) };
}

export function expectedProfiles(records: readonly LogRecord[], rules?: IdentityRules): string[] {
  return expectedPeople(records, rules).profiles.map(told).sort();
}

/** What of a profile its events make, beside which of them carried which identifier. */
export function told({ id, identifiers, traits, computed, consents, sources, lastSeenAt }: Profile): string {
  const names = identifiers.map(({ type, value, firstSeenAt }) => `${type}:${value} ${firstSeenAt}`);
  const seen = computed.eventCount > 0 ? lastSeenAt : "";
  return JSON.stringify({ id, names: names.sort(), traits, computed, consents, sources, seen });
}

function firstAt(events: readonly AcceptedEvent[], key: string): number {
  return Math.min(...events.filter((each) => each.identifiers.includes(key)).map((each) => each.occurredAt));
}

/** Whoever signed in last on the device, or first where nobody had; nobody after a logout. */
function tenantByHand(
  events: readonly AcceptedEvent[],
  device: string,
  at: number,
  rules: IdentityRules,
): string | null {
  if (rules.tenancies.anonymousEvents === "own_person") return null;
  const moments = events
    .filter((each) => each.identifiers.includes(device))
    .map((each) => {
      const isLogout = rules.tenancies.logoutEvents.includes(logoutNames[logoutOf(each) - 1] ?? "");
      const logins = each.identifiers.filter((key) => isLogin(key, rules));
      return { at: each.occurredAt, isLogout, logins: isLogout ? [] : logins };
    })
    .filter(({ isLogout, logins }) => isLogout || logins.length > 0);
  const past = moments.filter((each) => each.at <= at).map((each) => each.at);
  const decisive = past.length > 0 ? Math.max(...past) : Math.min(...moments.map((each) => each.at));
  const logins = moments.filter((each) => each.at === decisive).flatMap((each) => each.logins);
  return logins.sort().at(-1) ?? null;
}

function isLogin(key: string, rules: IdentityRules): boolean {
  const { type } = parseIdentifierKey(key);
  return rules.types[type]?.kind === "unique" && decisionOf([], [], key, rules) !== "blocked";
}

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
import { hash, homeCurrency } from "../../test/pipelineHarness.ts";
import { aliasEdges, decisionOf, wholeResolution } from "./smallWorld.fake.ts";

/** Of every person what their events come to, each event given to whom it belongs with all boundaries known. */
export function expectedProfiles(records: readonly LogRecord[], rules: IdentityRules = defaultIdentityRules): string[] {
  const events = records.filter((record) => record.status === "accepted");
  const aliases = events.flatMap(aliasEdges);
  const decisions = new Map<string, NodeDecision>();
  for (const key of new Set(events.flatMap((each) => each.identifiers))) {
    decisions.set(key, decisionOf(events, aliases, key, rules));
  }
  const { persons } = wholeResolution(records, rules);
  const ownOf = (key: string | null) => persons.findIndex((keys) => key !== null && keys.includes(key));
  const fragments = new Map<number, FragmentState>();
  const orders = new Map<string, OrderState>();
  for (const event of events) {
    const own = personOfFragment(event.identifiers, (key) => decisions.get(key) ?? "ordinary", rules);
    const isHanded = own !== null && decisions.get(own) === "shared" && isDevice(own);
    const person = ownOf(isHanded ? (tenantByHand(events, own, event.occurredAt, rules) ?? own) : own);
    const fragment = fragments.get(person) ?? emptyFragment(String(person), event.identifiers);
    fragments.set(person, fragment);
    foldEvent(fragment, event);
    const effect = orderEffectOf(event, String(person), hash, homeCurrency);
    if (effect === null) continue;
    const order = orders.get(effect.key) ?? emptyOrder(effect.key, effect.orderId);
    orders.set(effect.key, order);
    applyOrderEffect(order, effect);
  }
  return persons
    .map((keys, person) => {
      const identifiers = keys.map((key) => ({ key, firstAt: firstAt(events, key) }));
      const own = [...orders.values()].filter((order) => ownerOf(order) === String(person));
      const fragment = fragments.get(person);
      return composeProfile({ identifiers, fragments: fragment ? [fragment] : [], orders: own, hash, homeCurrency });
    })
    .map(told)
    .sort();
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

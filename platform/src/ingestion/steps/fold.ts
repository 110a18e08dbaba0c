import type { ExplicitEdge } from "../../model/evidence.ts";
import type { AcceptedEvent } from "../../model/event.ts";
import { isDevice, type FragmentId, type Sighting, type TraitValue } from "../../model/fragment.ts";
import type { IdentifierKey } from "../../model/identifier.ts";
import type { OrderKey, OrderState } from "../../model/order.ts";
import { logoutOf } from "../../model/logout.ts";
import { mergeEdges } from "../../identity/index.ts";
import { applyOrderEffect, emptyFragment, emptyOrder, foldEvent, ownerOf } from "../../profiles/index.ts";
import type { FragmentRow } from "../../storage/identityAndProfiles.ts";
import type { Batch } from "./gather.ts";
import type { Incoming } from "./validate.ts";

export interface FoldedFragment {
  row: FragmentRow;
  isNew: boolean;
  detailChanged: boolean;
  /** An event earlier than all before it came, which may change how edges are ordered. */
  firstLowered: boolean;
  /** The first logout of its kind came, which may make a device shared. */
  hasNewLogout: boolean;
  /** Before this batch, where its traits were read. */
  addressBefore: TraitValue | undefined;
  /** Of a fragment that holds a device: of the events that came into it. */
  sightings?: Sighting[];
}

export interface Folded extends Batch {
  folded: Map<FragmentId, FoldedFragment>;
  aliases: ExplicitEdge[];
  foldedOrders: Map<OrderKey, { state: OrderState; ownerFragment: FragmentId; ownedBefore: FragmentId | null }>;
}

/** Folds events into fragments and reports into orders, in memory. */
export function fold(batch: Batch): Folded {
  const folded = new Map<FragmentId, FoldedFragment>();
  const aliases = new Map<string, ExplicitEdge>();
  for (const incoming of batch.events) {
    foldOne(batch, folded, incoming);
    for (const edge of aliasEdges(incoming)) addEdge(aliases, edge);
  }
  return { ...batch, folded, aliases: [...aliases.values()], foldedOrders: foldOrders(batch) };
}

function foldOne(batch: Batch, folded: Map<FragmentId, FoldedFragment>, incoming: Incoming): void {
  const { fragmentId, event, mayHoldConsents } = incoming;
  let fragment = folded.get(fragmentId);
  if (fragment === undefined) {
    const stored = batch.fragments.get(fragmentId);
    const row = stored ?? { state: emptyFragment(fragmentId, event.identifiers), person: 0 };
    const addressBefore = row.state.traits["address"];
    fragment = {
      row,
      isNew: stored === undefined,
      detailChanged: false,
      firstLowered: false,
      hasNewLogout: false,
      addressBefore,
      ...(event.identifiers.some(isDevice) ? { sightings: [] } : {}),
    };
    folded.set(fragmentId, fragment);
  }
  const logout = foldInto(fragment, event, mayHoldConsents);
  fragment.sightings?.push({ at: event.occurredAt, position: incoming.position, logout });
}

/** Which of `logoutNames` the event is. */
export function foldInto(fragment: FoldedFragment, event: AcceptedEvent, mayHoldConsents: boolean): number {
  const { state } = fragment.row;
  const change = foldEvent(state, event, mayHoldConsents);
  fragment.detailChanged ||= change.detailChanged;
  fragment.firstLowered ||= change.firstLowered;
  const logout = logoutOf(event);
  if (logout === 0) return logout;
  const logouts = (state.logouts ?? 0) | (1 << (logout - 1));
  fragment.hasNewLogout ||= logouts !== state.logouts;
  state.logouts = logouts;
  return logout;
}

/** An alias says that the previous id, whichever kind it was, is the same person as the event's own user. */
function aliasEdges({ event }: Incoming): ExplicitEdge[] {
  if (event.aliasOf.length === 0) return [];
  const own = event.identifiers.find((key) => key.startsWith("user_id:")) ?? event.identifiers[0];
  if (own === undefined) return [];
  return event.aliasOf
    .filter((previous) => previous !== own)
    .map((previous) => ({
      a: own,
      b: previous,
      rule: "alias" as const,
      source: event.source,
      firstAt: event.occurredAt,
      firstMessageId: event.messageId,
      lastAt: event.occurredAt,
      count: 1,
      confidence: 1,
    }));
}

export function edgeId(edge: { a: IdentifierKey; b: IdentifierKey; source: string }): string {
  return `${edge.a}\n${edge.b}\n${edge.source}`;
}

export function addEdge(edges: Map<string, ExplicitEdge>, edge: ExplicitEdge): void {
  const before = edges.get(edgeId(edge));
  edges.set(edgeId(edge), before === undefined ? edge : mergeEdges(before, edge));
}

function foldOrders(batch: Batch): Folded["foldedOrders"] {
  const orders: Folded["foldedOrders"] = new Map();
  for (const effect of batch.effects) {
    let order = orders.get(effect.key);
    if (order === undefined) {
      const stored = batch.orders.get(effect.key);
      const state = stored?.state ?? emptyOrder(effect.key, effect.orderId);
      const ownedBefore = stored?.ownerFragment ?? null;
      order = { state, ownerFragment: ownedBefore ?? "", ownedBefore };
      orders.set(effect.key, order);
    }
    applyOrderEffect(order.state, effect);
  }
  for (const order of orders.values()) order.ownerFragment = ownerOf(order.state);
  return orders;
}

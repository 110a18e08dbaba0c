import type { StoredRecord } from "../../../platform/src/buffer/eventBuffer.ts";
import type { AcceptedEvent } from "../../../platform/src/model/event.ts";
import { fragmentKey } from "../../../platform/src/model/fragment.ts";
import { fragmentIdOf, messageKeyOf, type KeyedHash } from "../../../platform/src/model/keyedHash.ts";
import { encodeRecord } from "../../../platform/src/model/logRecord.ts";
import { visits } from "../catalogue.ts";
import { openShop, type Customer } from "../events.ts";
import { historyDraws, type Combination, type HistoryDraws, type HistoryEvent } from "./historyDraws.ts";
import { lineStride, mostLines, shopProducts, tiers, type ShopProduct, type TemplateName } from "./kinds.ts";
import { positionOf, type LakePlan } from "./plan.ts";

/** The history event by event. `historySql` is the same in SQL; a test holds the two together. */
export interface History extends HistoryDraws {
  totalCents(event: HistoryEvent): number;
  /** The call as a shop sends it, as JSON. */
  call(event: HistoryEvent): string;
  record(event: HistoryEvent, hash: KeyedHash): StoredRecord;
}

/** The source that `C360_WRITE_KEY` is the key of: what is sent later comes from it too. */
export const source = { source: "default", sourceKind: "web" } as const;

export function historyOf(plan: LakePlan): History {
  const shop = openShop(plan.seed, plan.customers);
  const basket = basketOver(shopProducts(plan.seed));
  const contexts = visits(plan.seed);
  const call = (event: HistoryEvent): string => {
    const { type, event: name, template } = event.kind;
    const { userId, anonymousId, email } = shop.customer(event.customer);
    const login = event.combination === "visitor" ? "" : `"userId":"${userId}",`;
    const named = name === null ? "" : `"${type === "page" ? "name" : "event"}":"${name}",`;
    const value = (_: string, asked: TemplateName): string => valueOf(asked, event, { plan, basket, email });
    const filled = template.replaceAll(/\$([a-zA-Z]+)/g, value);
    const content = `"${type === "identify" ? "traits" : "properties"}":${filled},"context":${contexts[event.visit]}`;
    const at = new Date(event.occurredAt).toISOString();
    return `{"type":"${type}",${named}${login}"anonymousId":"${anonymousId}",${content},"messageId":"${event.messageId}","timestamp":"${at}"}`;
  };
  return {
    ...historyDraws(plan),
    totalCents: basket.totalCents,
    call,
    record: (event, hash) => {
      const accepted = acceptedOf(event, identifiersOf(shop.customer(event.customer), event.combination));
      return {
        position: positionOf(plan, event.n),
        fragment: fragmentIdOf(hash, fragmentKey(accepted.identifiers, source.source)),
        message: messageKeyOf(hash, source.source, event.messageId),
        payload: encodeRecord(accepted, call(event)),
      };
    },
  };
}

/** Normalised and sorted, as an event's fragment is keyed by them. */
export function identifiersOf({ userId, anonymousId, email }: Customer, combination: Combination): string[] {
  const browser = `anonymous_id:${anonymousId}`;
  if (combination === "visitor") return [browser];
  if (combination === "login") return [browser, `user_id:${userId}`];
  return [browser, `email:${email}`, `user_id:${userId}`];
}

function acceptedOf(event: HistoryEvent, identifiers: string[]): AcceptedEvent {
  const { messageId, kind, occurredAt, receivedAt } = event;
  const head = { messageId, type: kind.type, event: kind.event, receivedAt, occurredAt, originalTimestamp: occurredAt };
  return { status: "accepted", ...source, ...head, flags: [], identifiers, aliasOf: [], body: {} };
}

interface Basket {
  product(event: HistoryEvent, nth: number): ShopProduct;
  totalCents(event: HistoryEvent): number;
  /** Of an order, as JSON without brackets. */
  lines(event: HistoryEvent): string;
}

function basketOver(products: readonly ShopProduct[]): Basket {
  const product: Basket["product"] = (event, nth) => {
    const found = products[(event.product + nth * lineStride) % products.length];
    if (found === undefined) throw new RangeError("the catalogue has no such product");
    return found;
  };
  return {
    product,
    totalCents: (event) =>
      quantities(event).reduce((sum, quantity, nth) => sum + product(event, nth).priceCents * quantity, 0),
    lines: (event) =>
      quantities(event)
        .map((quantity, nth) => `{"quantity":${quantity},${product(event, nth).line}}`)
        .join(","),
  };
}

/** Of an order's one to four lines; two bits each. */
function quantities({ details }: HistoryEvent): number[] {
  return Array.from({ length: 1 + (details % mostLines) }, (_, nth) => 1 + ((details >>> (2 + 2 * nth)) & 3));
}

function valueOf(
  name: TemplateName,
  event: HistoryEvent,
  { plan, basket, email }: { plan: LakePlan; basket: Basket; email: string },
): string {
  const { details, n } = event;
  if (name === "position") return String(details % 48);
  if (name === "quantity") return String(quantities(event)[0]);
  if (name === "order") return `${plan.seed}-${n}`;
  if (name === "total") return String(basket.totalCents(event) / 100);
  if (name === "lines") return basket.lines(event);
  if (name === "email") return email;
  if (name === "firstName") return email.split(".")[0] ?? "";
  if (name === "lastName") return email.split(".")[1] ?? "";
  if (name === "tier") return tiers[details % tiers.length] ?? "";
  return basket.product(event, 0)[name];
}

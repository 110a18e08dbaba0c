import type { JsonObject } from "../../src/model/event.ts";
import { isoTime } from "../../src/model/isoTime.ts";
import type { Source, SourceKind } from "../../src/model/source.ts";
import type { Draws } from "../../src/simulator/draws.ts";

const day = 86_400_000;

function source(id: string, kind: SourceKind): Source {
  return { id, name: id, kind, enabled: true, maxEventsPerSecond: null, createdAt: 0 };
}

export const web = source("web", "web");
export const erp = source("erp", "erp");
export const till = source("till", "pos");

/** What truly was sold and given back, in minor units: what nobody has to be asked about. */
export interface Sold {
  readonly orders: Map<string, { totalMinor: number }>;
  readonly refunds: Map<string, { orderId: string; amountMinor: number }>;
}

/** A call as its source has it in mind. */
export interface Drawn {
  source: Source;
  /** Guests are taken, as from imports. */
  as: "import" | "live";
  messageId: string;
  /** With the messageId. */
  call: JsonObject;
  /** Another body under the same messageId would change nothing that is counted but this. */
  isPlain: boolean;
}

interface Customers {
  count: number;
  now: number;
  sold: Sold;
  messageId: string;
}

type Draw = (draws: Draws, customers: Customers) => Omit<Drawn, "messageId">;

/** Another draw of the same customers: everybody shows up now and then with somebody else's device or address. */
function person(draws: Draws, { count }: Customers): { userId: string; email: string; anonymousId: string } {
  const own = draws.between(0, count - 1);
  const strange = (chance: number): number => (draws.chance(chance) ? draws.between(0, count - 1) : own);
  return {
    userId: `u${own}`,
    email: `e${strange(0.12)}@example.com`,
    anonymousId: `a${strange(0.2)}-${draws.between(0, 1)}`,
  };
}

function stamped(draws: Draws, { messageId, now }: Customers, call: JsonObject): JsonObject {
  const ago = draws.pick([0, 0, draws.between(0, 20 * day)]);
  return { ...call, messageId, ...(ago === 0 ? {} : { timestamp: isoTime(now - ago) }) };
}

const view: Draw = (draws, customers) => {
  const { anonymousId, userId } = person(draws, customers);
  const who = draws.chance(0.5) ? { anonymousId } : { anonymousId, userId };
  const properties = { sku: `s${draws.between(0, 5)}` };
  const call = stamped(draws, customers, { type: "track", event: "Product Viewed", ...who, properties });
  return { source: web, as: "live", call, isPlain: true };
};

const login: Draw = (draws, customers) => {
  const { anonymousId, userId, email } = person(draws, customers);
  const traits = { email, city: draws.pick(["Leeds", "York"]), firstName: `F${draws.between(0, 3)}` };
  const consent = { consent: { categoryPreferences: { marketing: draws.chance(0.5) } } };
  const context = draws.chance(0.3) ? { context: consent } : {};
  const call = stamped(draws, customers, { type: "identify", userId, anonymousId, traits, ...context });
  return { source: web, as: "live", call, isPlain: true };
};

const logout: Draw = (draws, customers) => {
  const { anonymousId } = person(draws, customers);
  const call = stamped(draws, customers, { type: "track", event: "Signed Out", anonymousId });
  return { source: web, as: "live", call, isPlain: true };
};

const alias: Draw = (draws, customers) => {
  const { userId } = person(draws, customers);
  const previousId = draws.pick([person(draws, customers).anonymousId, person(draws, customers).userId]);
  return {
    source: web,
    as: "live",
    call: stamped(draws, customers, { type: "alias", userId, previousId }),
    isPlain: true,
  };
};

/** The shop and the office report the same orders, each a second time now and then under another messageId. */
const order: Draw = (draws, customers) => {
  const { sold } = customers;
  const known = [...sold.orders.keys()];
  const orderId = known.length > 0 && draws.chance(0.5) ? draws.pick(known) : `o${sold.orders.size}`;
  const totalMinor = sold.orders.get(orderId)?.totalMinor ?? draws.between(100, 99_999);
  sold.orders.set(orderId, { totalMinor });
  const { userId, anonymousId } = person(draws, customers);
  const properties = { order_id: orderId, total: totalMinor / 100, currency: "GBP" };
  const event = draws.chance(0.8) ? "Order Completed" : "order_updated";
  const isOffice = draws.chance(0.4);
  const who = isOffice ? { userId } : { userId, anonymousId };
  const call = stamped(draws, customers, { type: "track", event, ...who, properties });
  return { source: isOffice ? erp : web, as: isOffice ? "import" : "live", call, isPlain: false };
};

/** Also of an order that nobody has reported yet; a refund has its own id, by whoever tells of it. */
const refund: Draw = (draws, customers) => {
  const { sold } = customers;
  const known = [...sold.refunds.keys()];
  const refundId = known.length > 0 && draws.chance(0.3) ? draws.pick(known) : `r${sold.refunds.size}`;
  const orderId = sold.refunds.get(refundId)?.orderId ?? `o${draws.between(0, sold.orders.size)}`;
  const amountMinor = sold.refunds.get(refundId)?.amountMinor ?? draws.between(1, 5_000);
  sold.refunds.set(refundId, { orderId, amountMinor });
  const { userId } = person(draws, customers);
  const properties = { order_id: orderId, refund_id: refundId, total: amountMinor / 100, currency: "GBP" };
  const call = stamped(draws, customers, { type: "track", event: "Order Refunded", userId, properties });
  return { source: draws.pick([web, erp]), as: "import", call, isPlain: false };
};

const tillSale: Draw = (draws, customers) => {
  const traits = draws.pick<JsonObject>([{}, { loyalty_card: `c${draws.between(0, customers.count)}` }]);
  const properties = { sku: `s${draws.between(0, 5)}` };
  const call = stamped(draws, customers, { type: "track", event: "Product Sold", context: { traits }, properties });
  return { source: till, as: "import", call, isPlain: true };
};

const bad: Draw = (draws, customers) => {
  const { userId } = person(draws, customers);
  const call = draws.pick<JsonObject>([
    { type: "track", userId },
    { type: "nonsense", userId },
    { type: "track", event: "Product Viewed", userId: "with a space" },
    { type: "track", event: "Order Completed", userId, properties: { order_id: "o0", total: 1e300 } },
    { type: "alias", userId },
  ]);
  return { source: web, as: "live", call: stamped(draws, customers, call), isPlain: true };
};

const kinds: readonly Draw[] = [
  view,
  view,
  view,
  login,
  login,
  logout,
  alias,
  order,
  order,
  order,
  refund,
  tillSale,
  bad,
];

export function drawCall(draws: Draws, customers: Customers): Drawn {
  return { messageId: customers.messageId, ...draws.pick(kinds)(draws, customers) };
}

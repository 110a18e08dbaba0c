import { catalogue, visits } from "./catalogue.ts";
import { popularityOf } from "./popularity.ts";
import { drawsAt, mixed, type Draws } from "./seededDraws.ts";

/** Shares of the event kinds; what is left is `Product Viewed`. */
export const shares = { order: 0.05, identify: 0.05, page: 0.12 };
/** Of visits that nobody is logged in to: these events carry an anonymous id only. */
export const anonymousShare = 0.3;

export interface Customer {
  userId: string;
  anonymousId: string;
  email: string;
}

/** A shop's customers and what they do, as Segment calls. Every call is a pure function of its arguments. */
export interface Shop {
  customer(index: number): Customer;
  /** The identify call that makes customer `index` known: all three identifiers and the traits of a sign-up. JSON. */
  signUp(index: number, atMs: number): string;
  /** The event of that ordinal, about 1 KB of JSON. */
  event(ordinal: number, atMs: number): string;
}

/** Customers are 0 … profiles − 1. Seeds give different shops; times are UTC ms and become the calls' timestamps. */
export function openShop(seed: number, profiles: number): Shop {
  const next = popularityOf(profiles);
  const products = catalogue(seed);
  const contexts = visits(seed);
  const of = <T>(list: readonly T[], draws: Draws): T => list[draws.below(list.length)] as T;

  const customer = (index: number): Customer => customerAt(seed, index);

  const event = (ordinal: number, atMs: number): string => {
    const draws = drawsAt(seed, ordinal);
    const index = next(draws.fraction());
    const kind = draws.fraction();
    const { userId, anonymousId, email } = customer(index);
    const rest = `"context":${of(contexts, draws)},${sentBy(messageId(draws, ordinal), anonymousId, atMs)}}`;
    if (kind < shares.order) {
      return `{"type":"track","event":"Order Completed","userId":"${userId}",${order(draws, ordinal)},${rest}`;
    }
    if (kind < shares.order + shares.identify) {
      return `{"type":"identify","userId":"${userId}",${traits(index, email, draws)},${rest}`;
    }
    const user = draws.fraction() < anonymousShare ? "" : `"userId":"${userId}",`;
    if (kind < shares.order + shares.identify + shares.page) {
      const { url, title } = of(products, draws);
      const properties = `{"path":"${url.slice(19)}","referrer":"https://search.example/","title":"${title}","url":"${url}"}`;
      return `{"type":"page","name":"Product","category":"Catalogue",${user}"properties":${properties},${rest}`;
    }
    const position = draws.below(48);
    return `{"type":"track","event":"Product Viewed",${user}"properties":{"position":${position},${of(products, draws).fields}},${rest}`;
  };

  const order = (draws: Draws, ordinal: number): string => {
    const lines = Array.from({ length: 1 + draws.below(4) }, () => ({
      product: of(products, draws),
      quantity: 1 + draws.below(3),
    }));
    const cents = lines.reduce((sum, { product, quantity }) => sum + product.priceCents * quantity, 0);
    const rows = lines.map(({ product, quantity }) => `{"quantity":${quantity},${product.lineFields}}`);
    const id = `${seed}-${ordinal}`;
    return `"properties":{"order_id":"W-${id}","checkout_id":"c-${id}","channel":"web","total":${(cents / 100).toFixed(2)},"currency":"GBP","coupon":"","products":[${rows.join(",")}]}`;
  };

  return {
    customer,
    event,
    signUp: (index, atMs) => {
      const draws = drawsAt(seed, -1 - index);
      const { userId, anonymousId, email } = customer(index);
      const rest = `"context":${of(contexts, draws)},${sentBy(messageId(draws, -1 - index), anonymousId, atMs)}}`;
      return `{"type":"identify","userId":"${userId}",${traits(index, email, draws)},${rest}`;
    },
  };
}

const firstNames = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Niklaus", "Radia", "Ken"];
const lastNames = ["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen", "Wirth", "Perlman"];
const cities = ["London", "Leeds", "Bristol", "Cardiff", "Glasgow", "Belfast", "York", "Bath"];

function customerAt(seed: number, index: number): Customer {
  const high = hex(mixed(seed ^ mixed(index + 1)));
  const low = hex(mixed(index ^ 0x5bd1e995));
  return {
    userId: `shopper-${seed}-${index}`,
    anonymousId: `${high}-${low.slice(0, 4)}-4${low.slice(5)}-${hex(index)}`,
    email: `${first(index).toLowerCase()}.${last(index).toLowerCase()}.${seed}.${index}@mail.example`,
  };
}

function first(index: number): string {
  return firstNames[index % firstNames.length] as string;
}

function last(index: number): string {
  return lastNames[index % lastNames.length] as string;
}

function traits(index: number, email: string, draws: Draws): string {
  const city = cities[draws.below(cities.length)] as string;
  const phone = "+447700" + String(900_000 + draws.below(1_000));
  // Not under the name `phone`: a thousand fictional numbers shared by a million people would join them all.
  return `"traits":{"email":"${email}","firstName":"${first(index)}","lastName":"${last(index)}","contactNumber":"${phone}","address":{"city":"${city}","country":"GB","postalCode":"AB1 ${index % 10}CD"},"newsletter":${draws.below(2) === 1},"loyaltyTier":"${["bronze", "silver", "gold"][draws.below(3)]}"}`;
}

function sentBy(messageId: string, anonymousId: string, atMs: number): string {
  return `"anonymousId":"${anonymousId}","messageId":"${messageId}","timestamp":"${isoTime(atMs)}"`;
}

/** Unique by its ordinal, random to look at, as SDKs make them. */
function messageId(draws: Draws, ordinal: number): string {
  return `ajs-next-${hex(draws.bits())}${hex(draws.bits())}-${ordinal}`;
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, "0");
}

let lastTime = { ms: Number.NaN, iso: "" };

/** A batch's events share their millisecond; formatting it each time would cost as much as the rest of an event. */
function isoTime(ms: number): string {
  if (lastTime.ms !== ms) lastTime = { ms, iso: new Date(ms).toISOString() };
  return lastTime.iso;
}

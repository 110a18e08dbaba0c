import type { JsonObject } from "../model/event.ts";
import { basketOf, checkedOut, orderProperties, refundProperties } from "./basket.ts";
import { areStoresClosed, dayMs, timeInStore } from "./calendar.ts";
import { emailAsTyped } from "./dirt.ts";
import { slot } from "./identities.ts";
import { cardSlots, deviceSlots, emailSlot, type Scene } from "./scene.ts";

/** What tills and sensors write where they know nobody; the platform knows it for a placeholder. */
export const nobody = "guest";
const noEmail = "noemail@northgate.example";
const minuteMs = 60_000;

/** Into the shop past the beacons, perhaps to a shelf, perhaps to the till. */
export function storeVisit(scene: Scene): void {
  const { draws, midnight, persona } = scene;
  if (areStoresClosed(midnight)) return;
  const cameAt = midnight + timeInStore(draws);
  const stayMs = draws.between(4, 45) * minuteMs;
  if (persona.has.app && draws.chance(0.6)) beacons(scene, cameAt, stayMs);
  if (draws.chance(0.08)) shelf(scene, cameAt + Math.floor(stayMs / 2));
  if (draws.chance(0.72)) payAtTill(scene, cameAt + stayMs);
}

function beacons(scene: Scene, cameAt: number, stayMs: number): void {
  const { persona, draws } = scene;
  const { device } = deviceSlots(scene);
  const id = scene.use(device);
  // The beacon hears the phone's app: it knows the device and nothing else.
  const who = { anonymousId: nobody, context: { device: { id } } };
  const place = { store_id: persona.store.id, store: persona.store.name };
  scene.emit("iot", cameAt, {
    event: "Store Entered",
    properties: { ...place, beacon_id: `${persona.store.id}-door` },
    ...who,
  });
  if (draws.chance(0.5)) {
    const zone = { ...place, zone: persona.favouriteCategory, dwell_s: Math.floor(stayMs / 3_000) };
    scene.emit("iot", cameAt + Math.floor(stayMs / 3), { event: "Zone Dwelled", properties: zone, ...who });
  }
  scene.emit("iot", cameAt + stayMs, {
    event: "Store Exited",
    properties: { ...place, dwell_s: Math.floor(stayMs / 1_000) },
    ...who,
  });
}

/** A smart shelf sees that something was taken, and not by whom. */
function shelf(scene: Scene, at: number): void {
  const { persona, draws } = scene;
  const [line] = basketOf(draws, persona.favouriteCategory, "GBP", 1);
  if (line === undefined) return;
  const { product } = line;
  const properties = {
    store_id: persona.store.id,
    sku: product.sku,
    name: product.name,
    shelf_id: `${persona.store.id}-${product.sku}`,
  };
  scene.emit("iot", at, {
    event: draws.chance(0.8) ? "Product Picked Up" : "Product Put Back",
    properties,
    anonymousId: nobody,
  });
}

function payAtTill(scene: Scene, at: number): void {
  const { persona, draws } = scene;
  // The shop stands at home, whatever its customers pay with abroad.
  const lines = basketOf(draws, persona.favouriteCategory, "GBP", 6);
  const basket = checkedOut(lines, "GBP", { isShipped: false, discount: draws.chance(0.06) ? 0.15 : 0 });
  const orderId = `T${scene.number()}`;
  const who = whoAtTill(scene);
  const place = { store_id: persona.store.id, channel: "store", till: draws.between(1, 6) };
  scene.emit("pos", at, {
    event: "Order Completed",
    ...who,
    properties: { ...orderProperties(orderId, basket), ...place, ...who.properties },
  });
  if (!draws.chance(0.06)) return;
  const backAt = scene.midnight + draws.between(2, 28) * dayMs + timeInStore(draws);
  if (areStoresClosed(backAt - (backAt % dayMs))) return;
  const refund = { ...refundProperties(draws, orderId, `R${orderId}`, basket), ...place };
  scene.emit("pos", backAt, { event: "Order Refunded", ...who, properties: { ...refund, ...who.properties } });
}

type AtTill = { anonymousId: string; properties: JsonObject };

/** By the loyalty card, by the bank card's token, by neither; and what cashiers do when asked for more. */
function whoAtTill(scene: Scene): AtTill {
  const { persona, draws } = scene;
  const paysByCard = draws.chance(0.75);
  const bankCard = paysByCard ? { pos_card: scene.use(slot.bankCard) } : {};
  if (persona.has.card && draws.chance(0.88)) {
    const { card, key } = cardSlots(scene);
    const email = receiptEmail(scene);
    return { anonymousId: scene.use(key), properties: { loyalty_card: scene.use(card), ...bankCard, ...email } };
  }
  // Some cashiers help out with the shop's own card, so that the customer gets the price.
  if (draws.chance(0.05))
    return { anonymousId: nobody, properties: { loyalty_card: scene.use(slot.houseCard), ...bankCard } };
  if (paysByCard)
    return { anonymousId: scene.use(slot.bankCardKey), properties: { ...bankCard, ...receiptEmail(scene) } };
  return { anonymousId: nobody, properties: {} };
}

/** For the receipt: rarely asked for, sometimes misheard, sometimes made up. */
function receiptEmail(scene: Scene): JsonObject {
  const { draws } = scene;
  if (!draws.chance(0.12)) return {};
  const roll = draws.next();
  if (roll < 0.1) return { email: noEmail };
  if (roll < 0.13) return { email: scene.use(slot.houseEmail) };
  const at = roll < 0.17 ? slot.emailMisspelt : emailSlot(scene);
  return { email: emailAsTyped(scene.use(at), draws) };
}

/** A card is issued at the till: name and address as the cashier types them. */
export function cardIssued(scene: Scene, traits: JsonObject): void {
  const { card, key } = cardSlots(scene);
  const at = scene.midnight + timeInStore(scene.draws);
  scene.emit("pos", at, {
    type: "identify",
    anonymousId: scene.use(key),
    traits: { ...traits, loyalty_card: scene.use(card), homeStore: scene.persona.store.id },
  });
}

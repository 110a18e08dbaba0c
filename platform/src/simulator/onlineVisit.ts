import type { JsonObject } from "../model/event.ts";
import { basketOf, checkedOut, lineFor, orderProperties, productProperties, type BasketLine } from "./basket.ts";
import { timeOnline } from "./calendar.ts";
import { productFor } from "./catalogue.ts";
import { emailAsTyped, phoneAsTyped } from "./dirt.ts";
import { slot } from "./identities.ts";
import { afterOnlineOrder } from "./orderLife.ts";
import { browserSlot, deviceSlots, emailSlot, phoneSlot, type Scene } from "./scene.ts";

/** Somebody in the web shop or the app: how their calls say who they are, and where they stand. */
interface Session {
  source: "web" | "mobile";
  scene: Scene;
  /** UTC ms of the next step. */
  at: number;
  isSignedIn: boolean;
  anonymousId: string;
  context: JsonObject;
}

const webContext: JsonObject = { library: { name: "analytics.js", version: "2.11.1" }, userAgent: "Mozilla/5.0" };

/** `campaign`: the newsletter that brought them. */
export function webVisit(scene: Scene, from?: { at: number; campaign: string }): void {
  const { persona, draws } = scene;
  const session: Session = {
    source: "web",
    scene,
    at: from?.at ?? scene.midnight + timeOnline(draws),
    isSignedIn: persona.has.login && persona.staysSignedIn && draws.chance(0.9),
    anonymousId: scene.use(browserSlot(scene)),
    context:
      from === undefined
        ? webContext
        : { ...webContext, campaign: { name: from.campaign, source: "newsletter", medium: "email" } },
  };
  say(session, {
    type: "page",
    name: from === undefined ? "Home" : "Landing",
    properties: { path: from === undefined ? "/" : `/offers/${from.campaign}` },
  });
  shop(session);
}

export function appVisit(scene: Scene): void {
  const { persona, draws, midnight } = scene;
  const { device, install } = deviceSlots(scene);
  const os = persona.index % 5 < 2 ? { name: "iOS", version: "26.1" } : { name: "Android", version: "16" };
  const session: Session = {
    source: "mobile",
    scene,
    at: midnight + timeOnline(draws),
    isSignedIn: draws.chance(0.85),
    anonymousId: scene.use(install),
    context: {
      device: { id: scene.use(device), type: os.name.toLowerCase() },
      os,
      app: { name: "Northgate", version: "7.4.0" },
    },
  };
  say(session, { event: "Application Opened", properties: {} });
  say(session, { type: "screen", name: "Home", properties: {} });
  shop(session);
}

function say(session: Session, call: JsonObject): void {
  const { scene, source, anonymousId, context } = session;
  const who = session.isSignedIn ? { anonymousId, userId: scene.use(slot.userId) } : { anonymousId };
  scene.emit(source, session.at, { ...call, ...who, context });
  // Between two seconds and a minute and a half, mostly short.
  session.at += 2_000 + Math.floor(scene.draws.next() ** 2 * 88_000);
}

function shop(session: Session): void {
  const { scene } = session;
  const { draws, persona } = scene;
  if (draws.chance(0.25)) search(session);
  const seen = look(session);
  if (persona.has.login && !session.isSignedIn && draws.chance(0.3)) signIn(session);
  if (!draws.chance(0.38)) return;
  const lines = seen.filter((_, index) => index === 0 || draws.chance(0.5));
  for (const line of lines) say(session, { event: "Product Added", properties: productProperties(line) });
  if (!draws.chance(0.62)) return;
  checkOut(session, lines);
}

function search(session: Session): void {
  const { draws, persona } = session.scene;
  const query = productFor(draws, persona.favouriteCategory).name.toLowerCase();
  say(session, { event: "Products Searched", properties: { query } });
}

function look(session: Session): BasketLine[] {
  const { draws, persona } = session.scene;
  if (draws.chance(0.5)) {
    say(session, { event: "Product List Viewed", properties: { category: persona.favouriteCategory } });
  }
  const lines = basketOf(draws, persona.favouriteCategory, persona.currency, 5);
  for (const { product, priceMinor } of lines) {
    say(session, { event: "Product Viewed", properties: productProperties({ product, priceMinor, quantity: 1 }) });
  }
  return lines;
}

/** Login and profile as the shop's own code sends them. */
export function signIn(session: Session): void {
  const { scene } = session;
  const { persona, draws } = scene;
  session.isSignedIn = true;
  const { given, family } = persona.name;
  const traits: JsonObject = {
    firstName: given,
    lastName: family,
    email: emailAsTyped(scene.use(emailSlot(scene)), draws),
    ...(draws.chance(0.3) ? { phone: phoneAsTyped(scene.use(phoneSlot(scene)), draws) } : {}),
  };
  say(session, { type: "identify", traits });
  say(session, { event: "Signed In", properties: {} });
}

function checkOut(session: Session, lines: readonly BasketLine[]): void {
  const { scene } = session;
  const { draws, persona } = scene;
  const extra = draws.chance(0.15)
    ? [lineFor(draws, productFor(draws, persona.favouriteCategory), persona.currency)]
    : [];
  const all = [...lines, ...extra];
  say(session, { event: "Checkout Started", properties: { products: all.map(productProperties) } });
  if (persona.has.login && !session.isSignedIn && draws.chance(0.8)) signIn(session);
  if (!draws.chance(0.72)) return;
  const hasCoupon = draws.chance(0.12);
  if (hasCoupon) say(session, { event: "Coupon Applied", properties: { coupon_name: "WELCOME10" } });
  const basket = checkedOut(all, persona.currency, { isShipped: true, discount: hasCoupon ? 0.1 : 0 });
  const orderId = `W${scene.number()}`;
  const email = emailAsTyped(scene.use(emailSlot(scene)), draws);
  const placedAt = session.at;
  say(session, {
    event: "Order Completed",
    properties: { ...orderProperties(orderId, basket), channel: session.source, email },
  });
  afterOnlineOrder(scene, { orderId, basket, placedAt, channel: session.source });
}

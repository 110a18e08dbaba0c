import type { JsonObject } from "../model/event.ts";
import { dayMs, timeInStore, timeOnline } from "./calendar.ts";
import { emailAsTyped, nameAsTyped, phoneAsTyped } from "./dirt.ts";
import { slot, type Slot } from "./identities.ts";
import { cardSlots, emailSlot, phoneSlot, type Scene } from "./scene.ts";
import { cardIssued, nobody } from "./storeVisit.ts";

/** Becoming a customer, or being taken over from the years before: every system that knows them says so. */
export function firstRecords(scene: Scene): void {
  const { persona, draws } = scene;
  const { has } = persona;
  if (has.crm) crmRecord(scene, scene.midnight + timeInStore(draws), slot.crmId);
  if (has.crmTwice) crmRecord(scene, scene.midnight + timeInStore(draws), slot.crmIdTwice);
  if (has.card) cardIssued(scene, { ...nameAsTyped(persona.name, draws), ...contact(scene, 0.55, 0.5) });
  if (has.login) signUp(scene);
}

/** The shop's own sign-up: what people type about themselves is mostly right. */
function signUp(scene: Scene): void {
  const { persona, draws } = scene;
  const { given, family } = persona.name;
  scene.emit("web", scene.midnight + timeOnline(draws), {
    type: "identify",
    userId: scene.use(slot.userId),
    traits: {
      firstName: given,
      lastName: family,
      email: scene.use(emailSlot(scene)),
      createdAt: new Date(scene.midnight).toISOString(),
    },
    context: consents(scene),
  });
}

/** What has changed by today, as the systems hear of it. */
export function changes(scene: Scene): void {
  const { persona, draws, day } = scene;
  const at = scene.midnight + timeOnline(draws);
  if (day === persona.emailChangesOn) {
    const email = scene.use(slot.emailLater);
    if (persona.has.login)
      scene.emit("web", at, { type: "identify", userId: scene.use(slot.userId), traits: { email } });
    if (persona.has.crm) crmRecord(scene, at + 3_600_000, slot.crmId);
  }
  if (day === persona.phoneChangesOn && persona.has.crm) crmRecord(scene, at, slot.crmId);
  if (day === persona.cardChangesOn && persona.has.card) {
    cardIssued(scene, { ...nameAsTyped(persona.name, draws), ...contact(scene, 0.8, 0.7) });
  }
}

function crmRecord(scene: Scene, at: number, id: Slot): void {
  const { persona, draws } = scene;
  const { birthday, address, has } = persona;
  const card = cardSlots(scene).card;
  const phone = has.landline && draws.chance(0.4) ? slot.landline : phoneSlot(scene);
  const traits: JsonObject = {
    ...nameAsTyped(persona.name, draws),
    ...(draws.chance(0.94) ? { email: emailAsTyped(scene.use(emailSlot(scene)), draws) } : {}),
    ...(draws.chance(0.8) ? { phone: phoneAsTyped(scene.use(phone), draws) } : {}),
    ...(draws.chance(0.6) ? { birthday } : {}),
    ...(has.card && draws.chance(0.6) ? { loyalty_card: scene.use(card) } : {}),
    address: { ...address },
    city: address.city,
    crm_id: scene.use(id),
  };
  scene.emit("crm", at, { type: "identify", anonymousId: scene.use(keyOf(id)), traits, context: consents(scene) });
}

function keyOf(crmId: Slot): Slot {
  return crmId === slot.crmId ? slot.crmKey : slot.crmKeyTwice;
}

function consents({ persona }: Scene): JsonObject {
  const categoryPreferences = { "marketing.email": persona.wantsEmail, "marketing.sms": persona.wantsSms };
  return { consent: { categoryPreferences } };
}

/** E-mail and phone, each known to the system with its own probability. */
function contact(scene: Scene, email: number, phone: number): JsonObject {
  const { draws } = scene;
  return {
    ...(draws.chance(email) ? { email: emailAsTyped(scene.use(emailSlot(scene)), draws) } : {}),
    ...(draws.chance(phone) ? { phone: phoneAsTyped(scene.use(phoneSlot(scene)), draws) } : {}),
  };
}

const ticketSubjects = ["Where is my order?", "Return", "Wrong size", "Invoice", "Change of address", "Loyalty points"];

/** A question to the service desk; one that is answered on another day ends there. */
export function ticket(scene: Scene): void {
  const { persona, draws } = scene;
  if (!persona.has.crm) return;
  const at = scene.midnight + timeInStore(draws);
  const ticketId = `S${scene.number()}`;
  const email = persona.has.workEmail && draws.chance(0.4) ? slot.emailAtWork : emailSlot(scene);
  const who = { anonymousId: scene.use(slot.crmKey) };
  const known = { ticket_id: ticketId, crm_id: scene.use(slot.crmId), email: scene.use(email) };
  const channel = draws.pick(["email", "chat", "phone"]);
  scene.emit("crm", at, {
    event: "Ticket Opened",
    properties: { ...known, subject: draws.pick(ticketSubjects), channel },
    ...who,
  });
  const solvedAt = at + draws.between(1, 9 * 24) * 3_600_000;
  scene.emit("crm", solvedAt, {
    event: "Ticket Solved",
    properties: { ...known, rating: draws.between(1, 5) },
    ...who,
  });
}

/** The newsletter to one customer. Answers with when they clicked, if they did. */
export function newsletter(scene: Scene, campaign: string): number | null {
  const { draws, persona } = scene;
  // To each at the hour at which they read.
  const sentAt = scene.midnight + 7 * 3_600_000 + draws.between(0, 13 * 3_600) * 1_000;
  const email = scene.use(emailSlot(scene));
  const anonymousId = persona.has.crm ? scene.use(slot.crmKey) : nobody;
  const known = persona.has.crm ? { crm_id: scene.use(slot.crmId) } : {};
  const properties: JsonObject = { campaign_id: campaign, email, ...known };
  const say = (event: string, at: number): void => scene.emit("crm", at, { event, properties, anonymousId });
  say("Email Sent", sentAt);
  if (draws.chance(0.01)) say("Email Bounced", sentAt + 5_000);
  else if (draws.chance(0.32)) {
    const openedAt = sentAt + Math.floor(draws.next() ** 3 * dayMs * 2);
    say("Email Opened", openedAt);
    if (draws.chance(0.15)) {
      say("Email Clicked", openedAt + 20_000);
      return openedAt + 25_000;
    }
    if (draws.chance(0.01)) say("Unsubscribed", openedAt + 30_000);
  }
  return null;
}

/** What the network tells of people who follow the shop. */
export function socialVisit(scene: Scene): void {
  const { draws, persona } = scene;
  const at = scene.midnight + timeOnline(draws);
  const handle = scene.use(slot.socialHandle);
  const who = {
    anonymousId: scene.use(slot.socialKey),
    context: { externalIds: [{ type: "social_handle", id: handle, collection: "users", encoding: "none" }] },
  };
  const roll = draws.next();
  if (roll < 0.12) {
    const { given, family } = persona.name;
    const traits = { firstName: given, lastName: family, email: scene.use(emailSlot(scene)) };
    scene.emit("social", at, { type: "identify", traits, ...who });
    scene.emit("social", at + 1_000, {
      event: "Lead Form Submitted",
      properties: { form: "Spring competition" },
      ...who,
    });
    return;
  }
  const [event, properties]: [string, JsonObject] =
    roll < 0.6
      ? ["Post Liked", { post_id: `post-${String(draws.between(1, 400))}` }]
      : roll < 0.8
        ? ["Ad Clicked", { campaign: draws.pick(["autumn-home", "gifts", "new-in"]) }]
        : ["Message Received", { sentiment: draws.pick(["positive", "neutral", "negative"]) }];
  scene.emit("social", at, { event, properties, ...who });
}

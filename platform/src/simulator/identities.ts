import { hash32, share } from "./draws.ts";
import { personHash, type Persona, type RetailerPlan } from "./persona.ts";

/** Cookies that one browser has had, one after the other; the last one stays. */
const cookieLives = 10;

/**
 * Every identifier that a person can be known by has a slot, so that which ones were sent is a bit each: a hundred
 * thousand people's truth takes two megabytes.
 */
export const slot = {
  crmId: 0,
  crmKey: 1,
  crmIdTwice: 2,
  crmKeyTwice: 3,
  erpId: 4,
  erpKey: 5,
  card: 6,
  cardKey: 7,
  cardLater: 8,
  cardKeyLater: 9,
  bankCard: 10,
  bankCardKey: 11,
  userId: 12,
  email: 13,
  emailLater: 14,
  emailAtWork: 15,
  emailMisspelt: 16,
  phone: 17,
  phoneLater: 18,
  landline: 19,
  device: 20,
  deviceLater: 21,
  install: 22,
  installLater: 23,
  familyComputer: 24,
  socialHandle: 25,
  socialKey: 26,
  houseCard: 27,
  houseEmail: 28,
  laptopCookie: 32,
  phoneCookie: 32 + cookieLives,
} as const;
export const maxSlots = 64;

export type Slot = number;

const types: Readonly<Record<Slot, string>> = {
  [slot.crmId]: "crm_id",
  [slot.crmIdTwice]: "crm_id",
  [slot.erpId]: "erp_id",
  [slot.card]: "loyalty_card",
  [slot.cardLater]: "loyalty_card",
  [slot.houseCard]: "loyalty_card",
  [slot.bankCard]: "pos_card",
  [slot.userId]: "user_id",
  [slot.email]: "email",
  [slot.emailLater]: "email",
  [slot.emailAtWork]: "email",
  [slot.emailMisspelt]: "email",
  [slot.houseEmail]: "email",
  [slot.phone]: "phone",
  [slot.phoneLater]: "phone",
  [slot.landline]: "phone",
  [slot.device]: "device_id",
  [slot.deviceLater]: "device_id",
  [slot.socialHandle]: "social_handle",
};

/** Everything without a type of its own travels as a call's `anonymousId`: cookies, and systems' own keys. */
export function typeOfSlot(at: Slot): string {
  return types[at] ?? "anonymous_id";
}

/** What is in the slot, in normal form. */
export function identifierIn(plan: RetailerPlan, persona: Persona, at: Slot): string {
  const { index, household } = persona;
  if (at >= slot.laptopCookie) return `ck-${uuidOf(plan.seed, index, at)}`;
  switch (at) {
    case slot.crmId:
    case slot.crmIdTwice:
      return `C-${codeOf(plan, index, at)}`;
    case slot.crmKey:
      return `crm-C-${codeOf(plan, index, slot.crmId)}`;
    case slot.crmKeyTwice:
      return `crm-C-${codeOf(plan, index, slot.crmIdTwice)}`;
    case slot.erpId:
      return `D${codeOf(plan, index, at)}`;
    case slot.erpKey:
      return `erp-D${codeOf(plan, index, slot.erpId)}`;
    case slot.card:
    case slot.cardLater:
      return cardNumber(plan, index, at);
    case slot.cardKey:
      return `pos-${cardNumber(plan, index, slot.card)}`;
    case slot.cardKeyLater:
      return `pos-${cardNumber(plan, index, slot.cardLater)}`;
    case slot.bankCard:
      return `tok_${codeOf(plan, index, at)}`;
    case slot.bankCardKey:
      return `bank-tok_${codeOf(plan, index, slot.bankCard)}`;
    case slot.userId:
      return `u_${codeOf(plan, index, at)}`;
    case slot.landline:
      // 01632 is kept for drama. 618,033 has no factor in common with 10^6.
      return `+441632${String((household * 618_033) % 1_000_000).padStart(6, "0")}`;
    case slot.familyComputer:
      return `ck-${uuidOf(plan.seed, household, at)}`;
    case slot.houseCard:
      return persona.store.houseCard;
    case slot.houseEmail:
      return persona.store.houseEmail;
    default:
      return personalIn(plan, persona, at);
  }
}

function personalIn(plan: RetailerPlan, persona: Persona, at: Slot): string {
  const { index } = persona;
  switch (at) {
    case slot.phone:
      return mobileNumber(recycledFrom(plan, index) ?? index, 0);
    case slot.phoneLater:
      return mobileNumber(index, 1);
    case slot.device:
    case slot.deviceLater:
      return uuidOf(plan.seed, index, at);
    case slot.install:
    case slot.installLater:
      return `app-${uuidOf(plan.seed, index, at)}`;
    case slot.socialHandle:
      return `@${mailbox(plan, persona).replaceAll(".", "_")}`;
    case slot.socialKey:
      return `social-${codeOf(plan, index, slot.socialHandle)}`;
    default:
      return emailIn(plan, persona, at);
  }
}

/** Under .example, where no mail can go. */
const mailHosts = [
  "inbox.example",
  "postbox.example",
  "mailhall.example",
  "quickpost.example",
  "letters.example",
] as const;
const workHosts = ["harbour-works.example", "council.example", "brightside.example", "university.example"] as const;

function emailIn(plan: RetailerPlan, persona: Persona, at: Slot): string {
  const hash = personHash(plan, persona.index, 40 + (at === slot.emailMisspelt ? slot.email : at));
  if (at === slot.emailAtWork) return `${mailbox(plan, persona)}@${workHosts[hash % workHosts.length] ?? workHosts[0]}`;
  const host = mailHosts[hash % mailHosts.length] ?? mailHosts[0];
  // The new address is at another host, or it would be the old one.
  const other = mailHosts[(mailHosts.indexOf(host) + 2) % mailHosts.length] ?? host;
  if (at === slot.emailLater) {
    const first = personHash(plan, persona.index, 40 + slot.email) % mailHosts.length;
    return `${mailbox(plan, persona)}@${mailHosts[first] === host ? other : host}`;
  }
  // As a cashier hears it.
  return `${mailbox(plan, persona)}@${at === slot.emailMisspelt ? host.replace(/(.)\.example$/, "$1$1.example") : host}`;
}

/** The name in ASCII and a number that nobody else has. */
function mailbox(plan: RetailerPlan, { name, index }: Persona): string {
  const given = name.latinGiven.toLowerCase().replaceAll(/[^a-z]/g, "");
  const family = name.latinFamily
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "")
    .slice(0, 24);
  const number = String(index + 11);
  const form = personHash(plan, index, 70) % 4;
  if (form === 0) return `${given}.${family}${number}`;
  if (form === 1) return `${given.slice(0, 1)}${family}${number}`;
  return form === 2 ? `${given}${number}` : `${family}.${given}.${number}`;
}

/** One number in two hundred was somebody else's before: carriers give them out again. */
function recycledFrom(plan: RetailerPlan, index: number): number | null {
  const before = index - 7;
  return before >= 0 && share(personHash(plan, index, 71)) < 0.005 ? before : null;
}

/** +44 768 is what pagers had: nobody can be called by accident. Each person has two of the ten million. */
function mobileNumber(index: number, generation: 0 | 1): string {
  // 61,803,399 has no factor in common with 10^7, so that no two come out the same.
  const number = ((index * 2 + generation) * 61_803_399) % 10_000_000;
  return `+44768${String(number).padStart(7, "0")}`;
}

function cardNumber(plan: RetailerPlan, index: number, at: Slot): string {
  const check = hash32(plan.seed, index, at) % 10_000;
  return `9826${String(at === slot.card ? 3 : 4)}${String(index).padStart(8, "0")}${String(check).padStart(4, "0")}`;
}

/** Unique in a run by the index, and across runs by the hash. */
function codeOf(plan: RetailerPlan, index: number, at: Slot): string {
  const hash = hash32(plan.seed, index, at, 0xc0de).toString(36).padStart(7, "0");
  return `${hash}${(index + 46_656).toString(36)}`;
}

function uuidOf(seed: number, index: number, at: Slot): string {
  const hex = [0, 1, 2, 3]
    .map((part) =>
      hash32(seed, index, at, 0xd0 + part)
        .toString(16)
        .padStart(8, "0"),
    )
    .join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A browser forgets its cookies every two months or so; the day decides which one it has. */
export function cookieSlot(
  plan: RetailerPlan,
  { index }: Persona,
  browser: "laptopCookie" | "phoneCookie",
  day: number,
): Slot {
  const first = slot[browser];
  const livesDays = 40 + (personHash(plan, index, 80 + first) % 200);
  const life = Math.floor((day + (personHash(plan, index, 81 + first) % livesDays)) / livesDays);
  return first + Math.min(cookieLives - 1, Math.max(0, life));
}

import type { JsonObject } from "../model/event.ts";
import type { SourceKind } from "../model/source.ts";
import type { Draws } from "./draws.ts";
import { cookieSlot, identifierIn, slot, type Slot } from "./identities.ts";
import type { Persona, RetailerPlan } from "./persona.ts";
import type { Sent } from "./truth.ts";

/** One call of one system, ready for the wire. */
export interface SimulatedCall {
  /** The system that sends it; each kind of source has one. */
  source: SourceKind;
  /** Index of who did it; below 0 a thing that sends by itself, such as a door's counter. */
  person: number;
  /** UTC ms. */
  at: number;
  call: JsonObject;
}

/** One person's day: what they do leaves calls in the systems that see it. */
export interface Scene {
  readonly plan: RetailerPlan;
  readonly persona: Persona;
  /** From 0, the first of the history. */
  readonly day: number;
  /** UTC ms. */
  readonly midnight: number;
  readonly draws: Draws;
  /** The identifier in the slot, which from now on is known to have been sent. */
  use(at: Slot): string;
  /** A number that nothing else of the run has: for orders, receipts, tickets. */
  number(): string;
  /** A track call where it names no other type. */
  emit(source: SourceKind, at: number, call: JsonObject): void;
}

export interface Stage {
  readonly plan: RetailerPlan;
  readonly sent: Sent;
  /** Tells runs apart, so that two of them never share a messageId. */
  readonly tag: string;
  readonly out: (call: SimulatedCall) => void;
}

export function sceneOf(stage: Stage, about: { persona: Persona; day: number; midnight: number; draws: Draws }): Scene {
  const { plan, sent, tag, out } = stage;
  const { persona, day } = about;
  const name = `${tag}-${day.toString(36)}-${persona.index.toString(36)}`;
  let calls = 0;
  let numbers = 0;
  return {
    plan,
    ...about,
    use: (at) => {
      sent.mark(persona.index, at);
      return identifierIn(plan, persona, at);
    },
    number: () => `${name}-${(numbers++).toString(36)}`.toUpperCase(),
    emit: (source, at, call) => {
      const messageId = `${name}-${(calls++).toString(36)}`;
      out({
        source,
        person: persona.index,
        at,
        call: { type: "track", messageId, timestamp: new Date(at).toISOString(), ...call },
      });
    },
  };
}

/** The e-mail address that the person uses on the day. */
export function emailSlot({ persona, day }: Pick<Scene, "persona" | "day">): Slot {
  return day >= persona.emailChangesOn ? slot.emailLater : slot.email;
}

export function phoneSlot({ persona, day }: Pick<Scene, "persona" | "day">): Slot {
  return day >= persona.phoneChangesOn ? slot.phoneLater : slot.phone;
}

/** The loyalty card in the purse, and the key by which the till knows it. */
export function cardSlots({ persona, day }: Pick<Scene, "persona" | "day">): { card: Slot; key: Slot } {
  const isLater = day >= persona.cardChangesOn;
  return isLater ? { card: slot.cardLater, key: slot.cardKeyLater } : { card: slot.card, key: slot.cardKey };
}

export function deviceSlots({ persona, day }: Pick<Scene, "persona" | "day">): { device: Slot; install: Slot } {
  const isLater = day >= persona.deviceChangesOn;
  return isLater
    ? { device: slot.deviceLater, install: slot.installLater }
    : { device: slot.device, install: slot.install };
}

/** The browser at hand: mostly their own laptop or phone, sometimes what the household shares. */
export function browserSlot({ plan, persona, day, draws }: Scene): Slot {
  if (persona.has.familyComputer && draws.chance(0.2)) return slot.familyComputer;
  return cookieSlot(plan, persona, draws.chance(0.6) ? "laptopCookie" : "phoneCookie", day);
}

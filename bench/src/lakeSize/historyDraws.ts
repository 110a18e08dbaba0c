import { productCount, visitCount } from "../catalogue.ts";
import { strideFor } from "../popularity.ts";
import { drawsAt, type Draws } from "../seededDraws.ts";
import { allShares, eventKinds, type EventKind } from "./kinds.ts";
import { ticksPerEvent, ticksPerMs, type LakePlan } from "./plan.ts";

/** What draws are scaled to, here and in SQL. */
export const octaves = 10;
export const octaveSteps = 2 ** 20;
export const visitorPercent = 30;
export const maxDelayMs = 2_000;

/** Identifiers of a customer: all three, those of a login, or the browser's alone. */
export type Combination = "everything" | "login" | "visitor";
export const combinations: readonly Combination[] = ["everything", "login", "visitor"];

export interface Who {
  kind: EventKind;
  customer: number;
  combination: Combination;
}

export interface HistoryEvent extends Who {
  n: number;
  product: number;
  visit: number;
  /** 24 bits, from which the details are taken. */
  details: number;
  messageId: string;
  /** UTC ms. */
  occurredAt: number;
  receivedAt: number;
}

export interface HistoryDraws {
  event(n: number): HistoryEvent;
  /** What an event is and whose, by its first draws alone. */
  who(n: number): Who;
}

/** The numbers of each event, in an order that `historySql` keeps to. */
export function historyDraws(plan: LakePlan): HistoryDraws {
  const { seed, customers, startMs } = plan;
  const ticks = ticksPerEvent(plan);
  const stride = strideFor(customers);
  const kindOf = eventKinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
  const whoBy = (draws: Draws): Who => {
    const kind = kindOf[draws.below(allShares)] as EventKind;
    const octave = draws.below(octaves);
    const step = draws.below(octaveSteps);
    const isVisitor = draws.below(100) < visitorPercent;
    const customer = (rankOf(octave, step, customers) * stride) % customers;
    const combination = kind.carries === "visit" ? (isVisitor ? "visitor" : "login") : kind.carries;
    return { kind, customer, combination };
  };
  return {
    who: (n) => whoBy(drawsAt(seed, n)),
    event: (n) => {
      const draws = drawsAt(seed, n);
      const who = whoBy(draws);
      const [product, visit, details] = [draws.below(productCount), draws.below(visitCount), draws.bits() >>> 8];
      const messageId = `ajs-next-${hex(draws.bits())}${hex(draws.bits())}-${n}`;
      const occurredAt = startMs + Math.floor((n * ticks) / ticksPerMs);
      const receivedAt = occurredAt + (details % maxDelayMs);
      return { n, ...who, product, visit, details, messageId, occurredAt, receivedAt };
    },
  };
}

/** Ranks are spread evenly within each octave: Zipf's law in ten steps, in whole numbers. */
function rankOf(octave: number, step: number, customers: number): number {
  const place = 2 ** octave * (octaveSteps + step) - octaveSteps;
  return Math.floor((place * customers) / (octaveSteps * (2 ** octaves - 1)));
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, "0");
}

import { setImmediate } from "node:timers/promises";
import { openStateStore } from "../../../platform/src/adapters/embedded/state/stateStore.ts";
import type { StoredRecord } from "../../../platform/src/buffer/eventBuffer.ts";
import { defaultIdentityRules } from "../../../platform/src/identity/index.ts";
import { createPipeline } from "../../../platform/src/ingestion/pipeline.ts";
import type { KeyedHash } from "../../../platform/src/model/keyedHash.ts";
import { foldedWith } from "../../../platform/src/runtime/foldedWith.ts";
import { combinations } from "./historyDraws.ts";
import { historyOf } from "./historyEvent.ts";
import { endOf, positionOf, type LakePlan } from "./plan.ts";

/** As many as ingestion takes while much waits. */
const batchRecords = 5_000;
/** Events that are looked at before others have their turn. */
const lookedAtOnce = 200_000;
export const homeCurrency = "GBP";

/** What the draws say of the whole history: answers are held against it. */
export interface Truth {
  /** Counts by event name; of identify calls under `identify`. */
  events: Record<string, number>;
  orders: number;
  revenueMinor: number;
}

/**
 * The state file, by the platform's own deciding of those events that make it what it is: the first of each combination
 * of identifiers, and every order. What the others would add is counts. How many were decided, and the draws' truth.
 */
export async function makeState(
  file: string,
  plan: LakePlan,
  hash: KeyedHash,
  say: (line: string) => void,
): Promise<{ decided: number; truth: Truth }> {
  const store = openStateStore({ file, hash, foldedWith: foldedWith(homeCurrency) });
  const messages = {
    firstPositions: async (keys: readonly string[]) => keys.map(() => null),
    remember: async () => undefined,
    forget: () => undefined,
    close: async () => undefined,
  };
  const rules = defaultIdentityRules;
  const recordsAt = async () => new Map();
  const pipeline = createPipeline({ store, messages, recordsAt, hash, rules, homeCurrency, now: Date.now });
  const history = historyOf(plan);
  const met = combinationsMet(plan);
  const truth: Truth = { events: {}, orders: 0, revenueMinor: 0 };
  let decided = 0;
  let batch: StoredRecord[] = [];
  try {
    for (let n = 0; n < plan.events; n++) {
      const isLast = n === plan.events - 1;
      const { kind, customer, combination } = history.who(n);
      const isOrder = kind.event === "Order Completed";
      truth.events[kind.event ?? kind.type] = (truth.events[kind.event ?? kind.type] ?? 0) + 1;
      if (met.isNew(customer, combinations.indexOf(combination)) || isLast || isOrder) {
        const event = history.event(n);
        if (isOrder) truth.orders += 1;
        if (isOrder) truth.revenueMinor += history.totalCents(event);
        batch.push(history.record(event, hash));
      }
      if (batch.length === batchRecords || isLast) {
        await pipeline.decide(batch, isLast ? endOf(plan) : positionOf(plan, n) + 1);
        decided += batch.length;
        batch = [];
        if (isLast || decided % (40 * batchRecords) === 0) say(`state: ${decided} events decided, of ${n + 1}`);
      }
      if (n % lookedAtOnce === 0) await setImmediate();
    }
  } finally {
    await store.close();
  }
  return { decided, truth };
}

/** Which combinations of which customer have been met. */
function combinationsMet({ customers }: LakePlan): { isNew(customer: number, combination: number): boolean } {
  const met = new Uint8Array(customers);
  return {
    isNew: (customer, combination) => {
      const before = met[customer] ?? 0;
      met[customer] = before | (1 << combination);
      return met[customer] !== before;
    },
  };
}

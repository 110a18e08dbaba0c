import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../model/problem.ts";
import { sourceKinds } from "../model/source.ts";
import type { RetailerPlan } from "../simulator/persona.ts";
import { showcaseOf, type Showcase } from "../simulator/showcase.ts";
import type { WriteKeys } from "./simulatedSending.ts";

/** How far the demo is, in its data directory; whoever may read it may sign in. */
export interface DemoState {
  readonly plan: RetailerPlan;
  keys: Partial<WriteKeys>;
  /** API token of the printed address. */
  token: string | null;
  /** Days of the history before it are acknowledged; `plan.days` when all are. */
  historyDay: number;
  /** Which of the days after the history is given out live. */
  liveDay: number;
  /** How many of its calls are acknowledged. */
  liveCalls: number;
  /** Whom to look for. Kept, so that it is the same people as long as the directory lives. */
  showcase: Showcase;
}

const stateFile = "demo.json";

/** Null where there is no demo yet. Problem 500 `demo_state_damaged`. */
export function readDemoState(dataDir: string): DemoState | null {
  let text: string;
  try {
    text = readFileSync(join(dataDir, stateFile), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  const state = parsed(text);
  if (state !== null) return state;
  throw new Problem(500, "demo_state_damaged", `${join(dataDir, stateFile)} cannot be read.`, {
    hint: `Remove ${dataDir} to begin the demo anew.`,
  });
}

function parsed(text: string): DemoState | null {
  try {
    const { plan, keys, token, historyDay, liveDay, ...newer } = JSON.parse(text) as DemoState;
    // Directories of earlier versions have neither.
    const { liveCalls = 0, showcase = showcaseOf(plan) } = newer as Partial<DemoState>;
    const numbers = [plan.seed, plan.customers, plan.days, plan.startMs, historyDay, liveDay, liveCalls];
    if (!numbers.every((value) => Number.isSafeInteger(value)) || !isShowcase(showcase)) return null;
    const known = sourceKinds.filter((kind) => typeof keys[kind] === "string");
    const own = Object.fromEntries(known.map((kind) => [kind, keys[kind]]));
    return {
      plan,
      keys: own,
      token: typeof token === "string" ? token : null,
      historyDay,
      liveDay,
      liveCalls,
      showcase,
    };
  } catch {
    return null;
  }
}

function isShowcase({ misspelt, joined }: Showcase): boolean {
  const texts = [misspelt.name, misspelt.typed, joined.name, joined.email, joined.userId, joined.loyaltyCard];
  return texts.every((text) => typeof text === "string");
}

/** Whole or not at all. */
export function writeDemoState(dataDir: string, state: DemoState): void {
  mkdirSync(dataDir, { recursive: true });
  const temporary = join(dataDir, `${stateFile}.new`);
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, join(dataDir, stateFile));
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { showcaseOf } from "../simulator/showcase.ts";
import { readDemoState, writeDemoState, type DemoState } from "./demoState.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "c360-demo-state-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const plan = { seed: 3, customers: 40, days: 20, startMs: Date.UTC(2026, 0, 1) };
const joined = { name: "Ada Byron", email: "ada@inbox.example", userId: "u_1", loyaltyCard: "778" };
const state: DemoState = {
  plan,
  keys: { web: "wk_web" },
  token: "c360_token",
  historyDay: 20,
  liveDay: 23,
  liveCalls: 14,
  showcase: { misspelt: { name: "Grace Hopper", typed: "garce hoper" }, joined },
};

describe("the demo's state", () => {
  it("is what was written, with the suggestions of the first start", () => {
    expect(readDemoState(dir)).toBeNull();
    writeDemoState(dir, state);
    expect(readDemoState(dir)).toEqual(state);
  });

  it("of an earlier version begins with the day that comes next, and gets suggestions", () => {
    const { liveCalls: _calls, showcase: _suggested, ...earlier } = state;
    writeFileSync(join(dir, "demo.json"), JSON.stringify(earlier));
    expect(readDemoState(dir)).toEqual({ ...earlier, liveCalls: 0, showcase: showcaseOf(plan) });
  });

  it.each([
    ["cut off", "{"],
    ["without a plan", JSON.stringify({ ...state, plan: null })],
    ["with half a call", JSON.stringify({ ...state, liveCalls: 0.5 })],
    ["with suggestions of nobody", JSON.stringify({ ...state, showcase: { misspelt: {}, joined } })],
  ])("%s says what to do", (_what, text) => {
    writeFileSync(join(dir, "demo.json"), text);
    expect(() => readDemoState(dir)).toThrow("demo.json cannot be read");
  });
});

import { inject, test } from "vitest";
import type { StandInName } from "./standIns/standIn.ts";

/** Defines tests that need a stand-in; where it is missing, one that is skipped and says why. */
export function withStandIn(name: StandInName, define: (url: string) => void): void {
  const state = inject("standIns")[name];
  // oxlint-disable vitest/no-conditional-tests, vitest/expect-expect -- this is how a missing one is told
  if ("url" in state) define(state.url);
  else test(`with ${name}`, (context) => context.skip(state.missing));
}

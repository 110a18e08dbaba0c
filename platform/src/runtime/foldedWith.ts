import { defaultIdentityRules } from "../identity/index.ts";

/** What decides the state beside the log and the program: stored in it, so that two mixtures never meet unnoticed. */
export function foldedWith(homeCurrency: string): Record<string, string> {
  return { "home currency": homeCurrency, "identity rules": String(defaultIdentityRules.version) };
}

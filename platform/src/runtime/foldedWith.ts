import { defaultIdentityRules, rulesHash } from "../identity/index.ts";

/**
 * What decides the state beside the log and the program: stored in it, so that two mixtures never meet unnoticed. Of the
 * rules that the program brings, their contents: whoever changes them has not to remember a number.
 */
export function foldedWith(homeCurrency: string): Record<string, string> {
  return { "home currency": homeCurrency, "identity rules": rulesHash(defaultIdentityRules) };
}
